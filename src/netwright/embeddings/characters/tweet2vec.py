"""Tweet2Vec: short texts as vectors by their characters."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.embeddings.characters.alphabet import PADDING, TEXT_END, Alphabet
from netwright.embeddings.characters.misspelling import misspell
from netwright.embeddings.context.learning import TextObjective, draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length, listed_texts
from netwright.embeddings.context.text_embedder import TextEmbedder
from netwright.nets import Tweet2VecNetwork
from netwright.training import Training

DEFAULTS = Training(epochs=30, batch_size=32, learning_rate=3e-3, validation=0.0)


@final
@dataclass(eq=False, repr=False)
class Tweet2Vec(TextEmbedder):
    """Vectors of short texts from their characters, by an encoder whose decoder tells the text again.

    Use it for posts, queries and names, written anyhow: there is no vocabulary that could lack a word, and a
    text with slips of the pen stands near to the one without.

        z = encoder(text with slips),   -mean_t log p(character_t of the text without | those before, z)

    Args:
        width: features of a text.
        n_filters: of each convolution.
        length: characters of a text that are read.
        slips: share of the characters that are misspelt in what the encoder reads in training, drawn anew
            each time; 0 for the text as it stands.
        lowercase: whether texts are lowered.
        training: the recipe; by default 30 epochs in batches of 32.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when slips is no share, or in fit, when the texts hold no character.

    Example:
        >>> texts = ["storm hits the coast tonight", "our team won the cup final"] * 8
        >>> model = Tweet2Vec(width=16, training=Training(epochs=2), random_state=0).fit(texts)
        >>> model.transform(["strom hits the coats"]).shape
        (1, 16)

    Source:
        Vosoughi, Vijayaraghavan and Roy (2016), "Tweet2Vec: Learning Tweet Embeddings Using Character-level
        CNN-LSTM Encoder-Decoder", doi:10.1145/2911451.2914762.
        Differs: training texts vary by slips of the pen instead of by synonyms; the network is smaller, and
        its vectors are batch-normalised.
    """

    width: int = 64
    n_filters: int = 64
    length: int = 150
    slips: float = 0.1
    lowercase: bool = True
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train the encoder and its decoder.

        Args:
            X: texts, or lists of tokens, which are joined by blanks.
            y: has no say.
        """
        if not 0 <= self.slips < 1:
            raise InputError("slips must be a share from 0 to below 1", repr(self.slips), "0.1 is usual")
        texts = self._texts(X)
        self.alphabet_ = Alphabet.learn(texts)
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            n_characters = self.alphabet_.n_characters
            self.network_ = Tweet2VecNetwork(n_characters, self.width, self.n_filters)
        rows = self.alphabet_.rows(texts, self.length)
        samples = TweetSamples(rows[(rows != PADDING).any(1)], n_characters, self.slips)
        self.record_ = learn(self.network_, Telling(), samples, self.training, DEFAULTS, seed)
        return self

    @torch.inference_mode()
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, (texts, width); zeros where there is no character.

        Args:
            X: texts, or lists of tokens, which are joined by blanks.
        """
        check_is_fitted(self)
        texts = self._texts(X)
        vectors = np.zeros((len(texts), self.width), np.float32)
        for some in batches_of_like_length([min(len(text), self.length) for text in texts]):
            rows = self.alphabet_.rows([texts[row] for row in some.tolist()], self.length)
            vectors[some] = self.network_.encode(torch.from_numpy(rows)).numpy()
            vectors[some[(rows == PADDING).all(1)]] = 0
        return vectors

    @property
    def width_(self) -> int:
        """Features of each text's vector."""
        return self.width

    def _texts(self, X: Any) -> list[str]:
        texts = listed_texts(X)
        return [text.lower() for text in texts] if self.lowercase else texts


class TweetBatch(NamedTuple):
    """Some texts.

    Args:
        read: (batch, time), with slips.
        told: (batch, steps), without, and the mark of their end.
    """

    read: Tensor
    told: Tensor


@final
class TweetSamples:
    """Texts, each with slips that are drawn anew whenever it is taken.

    Args:
        rows: (texts, time), numbers of characters with zeros behind.
        n_characters: of the alphabet.
        slips: share of the characters.

    Example:
        >>> TweetSamples(np.array([[6, 7, 0], [8, 0, 0]]), 9, 0.0)[torch.tensor([0, 1])].told.tolist()
        [[6, 7, 5], [8, 5, 0]]
    """

    def __init__(self, rows: NDArray[np.int64], n_characters: int, slips: float) -> None:
        self.rows, self.n_characters, self.slips = rows, n_characters, slips
        self.lengths = (rows != PADDING).sum(1)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Tensor) -> TweetBatch:
        some = rows.numpy()
        lengths = self.lengths[some]
        texts = self.rows[some, : int(lengths.max(initial=1))]
        told = np.pad(texts, ((0, 0), (0, 1)))
        told[np.arange(len(some)), lengths] = TEXT_END
        generator = np.random.default_rng(int(torch.randint(2**31, (1,))))
        n_slips = generator.binomial(lengths, self.slips)
        read = misspell(texts, n_slips, self.n_characters, generator)
        return TweetBatch(torch.from_numpy(read), torch.from_numpy(told))


@final
class Telling(TextObjective):
    """Mean cross-entropy of each character of the text that is told again.

    Example:
        >>> Telling().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: TweetBatch) -> Tensor:
        """Return the mean over all characters."""
        guesses = network(batch.read, batch.told)
        return F.cross_entropy(guesses.flatten(0, 1), batch.told.flatten(), ignore_index=PADDING)
