"""Texts to vectors by a pretrained transformer from a local folder."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import WordPiece
from netwright.embeddings.transformer.encoding import AT_ONCE, PooledBERT, listed_texts
from netwright.embeddings.transformer.folder import Pooling, SentenceModel, read_model, write_model

Precision = Literal["float32", "bfloat16"]


class FolderEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Abstract: what embedders of a model in a folder share once they are fitted.

    After `fit` they have `network_` (of `nets`), `tokenizer_`, `pooling_`, `normalise_` and `max_length_`.

    Example:
        >>> issubclass(TransformerEmbedder, FolderEmbedder)
        True
    """

    folder: str | Path
    pooling: Pooling | None
    normalise: bool | None
    max_length: int | None
    encoder_: PooledBERT
    tokenizer_: WordPiece
    max_length_: int

    @abstractmethod
    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Load the model, and learn what there is to learn.

        Args:
            X: what a subclass says.
            y: what a subclass says.
        """

    @property
    def network_(self) -> Any:
        """The network, without its pooling."""
        return self.encoder_.network

    @property
    def pooling_(self) -> Pooling:
        """How the states of tokens become one vector."""
        return self.encoder_.pooling

    @property
    def normalise_(self) -> bool:
        """Whether vectors have length 1."""
        return self.encoder_.normalise

    @property
    def _n_features_out(self) -> int:
        return self.encoder_.network.width

    def transform(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, (texts, width).

        Args:
            X: texts; of a longer one the first `max_length_` tokens are read.

        Raises:
            InputError: when one is not a text, naming its row.
        """
        check_is_fitted(self)
        texts = listed_texts(X)
        parts = [
            self.encoder_.encode(
                self.tokenizer_.ids(texts[at : at + AT_ONCE], self.max_length_), self._budget()
            )
            for at in range(0, len(texts), AT_ONCE)
        ]
        return np.concatenate(parts)

    def similarity(self, first: Iterable[str], second: Iterable[str]) -> NDArray[np.float32]:
        """Return the cosine of each text with each other one, (first, second).

        Args:
            first: texts.
            second: texts.

        Raises:
            InputError: when one is not a text, naming its row.
        """
        one, other = (_unit(self.transform(texts)) for texts in (first, second))
        return one @ other.T

    def save(self, folder: str | Path) -> None:
        """Write the model as a folder that sentence-transformers and transformers read too.

        Args:
            folder: new, empty, or holding an earlier model, which is replaced.

        Raises:
            InputError: when the folder holds other things.
            OSError: when it cannot be written.
        """
        check_is_fitted(self)
        write_model(
            SentenceModel(
                self.encoder_.network, self.tokenizer_, self._config, self.pooling_, self.normalise_,
                self.max_length_,
            ),
            folder,
        )  # fmt: skip

    def _budget(self) -> int:
        return 2048

    def _load(self) -> None:
        model = read_model(self.folder)
        if self.pooling not in (None, "mean", "cls", "max"):
            raise InputError("pooling must be mean, cls, max or None", repr(self.pooling), "choose one")
        model = replace(
            model,
            pooling=self.pooling or model.pooling,
            normalise=model.normalise if self.normalise is None else self.normalise,
        )
        longest, least = model.network.n_positions, 3  # [CLS], one token, [SEP]
        self.max_length_ = model.max_length if self.max_length is None else self.max_length
        if not least <= self.max_length_ <= longest:
            came = str(self.max_length_)
            raise InputError(f"max_length must be from {least} to {longest}", came, "leave it out")
        self._config = model.config
        self.tokenizer_ = model.tokenizer
        self.encoder_ = PooledBERT(model.network, model.pooling, model.normalise).eval()

    def __sklearn_tags__(self) -> Any:
        """Say that X is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.no_validation = True
        return tags


@final
@dataclass(eq=False, repr=False)
class TransformerEmbedder(FolderEmbedder):
    """Vectors of texts by a pretrained BERT, such as MiniLM, as a step of a scikit-learn pipeline.

    Use it in front of a classifier, a clustering or a search index: similar texts get similar vectors,
    without any training. It reads local folders in the format of sentence-transformers (`config.json`,
    `model.safetensors`, `tokenizer.json`, `1_Pooling/config.json`, `modules.json`), downloads nothing and
    runs no code from them. Texts are sorted by length and computed without padding. `precision="bfloat16"`
    is about twice as fast on processors that have it, at a cosine of 0.9999 to the full vectors. To train
    such a model on pairs of your own, take `SentenceBERT`.

        vector = pool over the tokens t of BERT(tokens)_t,  pool: their mean, their maximum, or the first one

    Args:
        folder: of the model, or one around it, such as that of an unpacked package.
        pooling: "mean", "cls" (the first token) or "max"; as the folder says by default.
        normalise: whether vectors are brought to length 1; as the folder says by default.
        precision: of weights and states; vectors are float32 anyway.
        max_length: tokens of a text that are read; as the folder says by default.
        tokens_per_batch: about so many are computed at once.

    Raises:
        ModelError: in `fit`, when the folder holds no such model.
        InputError: in `fit`, when an argument has another value.

    Example:
        >>> import tempfile
        >>> from netwright.nets import BERT
        >>> folder, words = Path(tempfile.mkdtemp()) / "tiny", ["[UNK]", "[CLS]", "[SEP]", "good", "bad"]
        >>> tiny = SentenceModel(
        ...     BERT(len(words), width=8, depth=1, n_heads=2, n_positions=16), WordPiece(words),
        ...     {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        ...      "intermediate_size": 32, "max_position_embeddings": 16, "type_vocab_size": 2,
        ...      "hidden_dropout_prob": 0.1, "layer_norm_eps": 1e-12}, "mean", True, 16)
        >>> write_model(tiny, folder)
        >>> TransformerEmbedder(folder).fit().transform(["good", "bad bad"]).shape
        (2, 8)

    Source:
        Devlin, Chang, Lee and Toutanova (2018), "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", arXiv:1810.04805; Xiao (2018), "bert-as-service",
        https://github.com/hanxiao/bert-as-service.
    """

    folder: str | Path
    pooling: Pooling | None = None
    normalise: bool | None = None
    precision: Precision = "float32"
    max_length: int | None = None
    tokens_per_batch: int = 2048

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Load the model; nothing is learned.

        Args:
            X: has no say.
            y: has no say.

        Raises:
            ModelError: when the folder holds no such model.
            InputError: when an argument has another value.
        """
        if self.precision not in ("float32", "bfloat16"):
            raise InputError("precision must be float32 or bfloat16", repr(self.precision), "choose one")
        if self.tokens_per_batch < 1:
            raise InputError("tokens_per_batch must be above 0", str(self.tokens_per_batch), "2048 is usual")
        self._load()
        if self.precision == "bfloat16":
            self.encoder_.to(torch.bfloat16)
        return self

    def extend_vocabulary(self, words: Iterable[str]) -> Self:
        """Let words be read whole that were read in pieces; each begins as the mean of its pieces.

        Args:
            words: not in the vocabulary yet.

        Raises:
            InputError: when one is known already, or is more than one word.
        """
        check_is_fitted(self)
        new = list(words)
        extended = self.tokenizer_.extended(new)
        self.encoder_.network.extend_vocabulary(self.tokenizer_.ids(new, special=False))
        self.tokenizer_ = extended
        return self

    def _budget(self) -> int:
        return self.tokens_per_batch


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit
