"""CLIP: pictures and their captions in one space, so that words find pictures."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import Float32, Int64
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer, Vocabulary, read_corpus, read_images
from netwright.embeddings.context.learning import draw_seed, learn
from netwright.embeddings.context.reading import listed
from netwright.embeddings.pictures.pairs import CaptionSamples, FindingPartners, encode_captions
from netwright.layers import Standardise
from netwright.nets import DAN, ConvEncoder, DualEncoder, GRUReader, Standardised
from netwright.training import Training

DEFAULTS = Training(epochs=30, batch_size=64, learning_rate=2e-3, validation=0.0)
AT_ONCE = 1024
"""Pictures or texts that pass a tower together."""


@final
@dataclass(eq=False, repr=False)
class CLIPEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """CLIP: vectors of pictures and of captions that lie near to each other where one tells of the other.

    Use it to search pictures by words (`search`), or to sort them into classes for which there are names and
    no examples (`choose`), from pictures with captions of your own. What is learned is put together anew:
    who has seen red circles and blue squares finds a blue circle. For pictures of the whole world take
    published weights instead; this learns from thousands of pairs, not from millions.

        s_ij = scale * cos(f(picture_i), g(caption_j)),   loss = mean cross-entropy of both softmaxes of s

    Args:
        width: numbers of a vector.
        maps: of each stage of the pictures' tower.
        embedding: features of a word.
        reads_order: whether a GRU reads the words one by one, instead of taking their mean.
        size: of all pictures, (height, width) or one number for both; None for their own.
        min_count: rarer words are read as unknown.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 30 epochs in batches of 64 pairs.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when there is not one caption for each picture.
        ImageError: when pictures cannot be read.
        CorpusError: in fit, when no word comes often enough.

    Example:
        >>> pictures = np.zeros((40, 3, 8, 8), np.uint8)
        >>> pictures[:20, 0], pictures[20:, 2] = 255, 255
        >>> captions = ["all is red"] * 20 + ["all is blue"] * 20
        >>> model = CLIPEmbedder(width=8, maps=(4,), random_state=0).fit(pictures, captions)
        >>> model.transform(pictures).shape, model.transform_texts(["blue"]).shape
        ((40, 8), (1, 8))
        >>> int(model.search(["something blue"], pictures, n=1)[0, 0]) >= 20
        True

    Source:
        Radford et al. (2021), "Learning Transferable Visual Models From Natural Language Supervision",
        arXiv:2103.00020.
        Differs: small towers; texts are read by a mean of words or a GRU instead of a transformer.
    """

    width: int = 64
    maps: tuple[int, ...] = (16, 32)
    embedding: int = 64
    reads_order: bool = False
    size: int | tuple[int, int] | None = None
    min_count: int = 1
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from pictures and their captions.

        Args:
            X: pictures in any form that `netwright.data.read_images` takes.
            y: a caption for each, texts or lists of tokens.
        """
        pictures, texts = read_images(X, size=self.size, layout=_layout(X)), listed(y)
        if len(pictures) != len(texts):
            came = f"{len(pictures)} pictures and {len(texts)} captions"
            raise InputError("y must hold one caption for each picture", came, "pair them")
        self.picture_shape_: tuple[int, ...] = tuple(pictures.shape[1:])
        self.vocabulary_, _ = read_corpus(texts, min_count=self.min_count, tokenizer=self.tokenizer)
        captions = encode_captions(texts, self.vocabulary_, self.tokenizer)
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            self.network_ = self._build(Standardise.of(pictures), self.vocabulary_)
        samples = CaptionSamples(pictures, captions)
        self.record_ = learn(self.network_, FindingPartners(), samples, self.training, DEFAULTS, seed)
        return self

    def transform(self, X: Any) -> Float32[NDArray[Any], "rows features"]:
        """Return the vectors of pictures, each of length 1.

        Args:
            X: pictures, as in `fit`.
        """
        check_is_fitted(self)
        channels, height, width = self.picture_shape_
        pictures = read_images(X, size=(height, width), channels=channels, layout=_layout(X))
        with torch.inference_mode():
            parts = [self.network_.encode_images(part) for part in pictures.split(AT_ONCE)]  # type: ignore[no-untyped-call]
        return torch.cat(parts).numpy()

    def transform_texts(self, texts: Any) -> Float32[NDArray[Any], "rows features"]:
        """Return the vectors of texts, each of length 1.

        Args:
            texts: texts or lists of tokens.
        """
        check_is_fitted(self)
        captions = encode_captions(texts, self.vocabulary_, self.tokenizer)
        numbers = np.arange(len(captions.lengths))
        vectors = np.zeros((len(numbers), self.width), np.float32)
        with torch.inference_mode():
            for start in range(0, len(numbers), AT_ONCE):
                some = numbers[start : start + AT_ONCE]
                words, mask = captions.rows(some)
                vectors[some] = self.network_.encode_texts(words, mask).numpy()
        return vectors

    def search(self, texts: Any, X: Any, n: int = 10) -> Int64[NDArray[Any], "rows n"]:
        """Return the numbers of the pictures that each text fits best, the best first.

        Args:
            texts: what is looked for.
            X: pictures, or their vectors as `transform` gives them; for very many, put these in a
                `netwright.search` index.
            n: pictures for each text, or all where there are fewer.
        """
        scores = self.transform_texts(texts) @ self._vectors(X).T
        found: NDArray[np.int64] = np.argsort(-scores, axis=1, kind="stable")[:, :n]
        return found

    def choose(self, X: Any, texts: Any) -> Int64[NDArray[Any], " rows"]:
        """Return for each picture the number of the text that fits it best: classes by their names.

        Args:
            X: pictures, or their vectors.
            texts: one for each class, such as "a picture of a cat".
        """
        chosen: NDArray[np.int64] = (self._vectors(X) @ self.transform_texts(texts).T).argmax(1)
        return chosen

    def score(self, X: Any, y: Any) -> float:
        """Return recall at 1: the share of captions whose best picture among X bears that very caption.

        Args:
            X: pictures, or their vectors.
            y: the caption of each.
        """
        captions = [one if isinstance(one, str) else " ".join(one) for one in listed(y)]
        best = self.search(captions, X, n=1)[:, 0]
        return float(np.mean([captions[row] == caption for row, caption in zip(best, captions, strict=True)]))

    @property
    def _n_features_out(self) -> int:
        return self.width

    def _vectors(self, X: Any) -> NDArray[np.float32]:
        is_vectors = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "f"
        vectors: NDArray[np.float32] = X if is_vectors else self.transform(X)
        return vectors

    def _build(self, front: Standardise, vocabulary: Vocabulary) -> DualEncoder:
        n_words = len(vocabulary) + 1  # and the unknown one
        tower = ConvEncoder(self.picture_shape_, self.width, self.maps)
        images = Standardised(tower, front.mean.tolist(), front.scale.tolist())
        if self.reads_order:
            return DualEncoder(images, GRUReader(n_words, self.width, self.embedding))
        return DualEncoder(images, DAN(n_words, self.width, self.embedding, hidden=()))


def _layout(X: Any) -> Any:
    return "nchw" if isinstance(X, Tensor) and X.ndim == 4 else None  # as torch has it
