"""chars2vec: words that are written alike have like vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer, read_corpus
from netwright.embeddings.characters.alphabet import MAX_LETTERS, Alphabet
from netwright.embeddings.characters.misspelling import misspell
from netwright.embeddings.context.learning import TextObjective, draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length, listed
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists
from netwright.embeddings.context.word_language_model import number_words
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.nets import Chars2VecNetwork
from netwright.training import Training

DEFAULTS = Training(epochs=60, batch_size=128, learning_rate=5e-3, validation=0.0)


@final
@dataclass(eq=False, repr=False)
class Chars2Vec(TokenEmbedder):
    """Vectors of words by their spelling, near to each other where one may be a slip of the other.

    Use it on texts with slips, abbreviations and slang: every string of letters has a vector, and the known
    word that stands nearest to a misspelt one is most often the one that was meant (`most_similar`). Sense
    has no part in it; stack it with vectors that have.

        p(a and b are other words) = sigmoid(scale |LSTM(a) - LSTM(b)|^2 + shift);   binary cross-entropy
        over pairs of a word and a misspelling of its own, and of a word and a misspelling of another

    Args:
        width: features of a word.
        n_slips: a misspelling has up to so many.
        min_count: rarer words, which often are misspellings themselves, are not learned from.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 60 passes over the words in batches of 128.
        random_state: seed of everything that is drawn.

    Raises:
        CorpusError: in fit, when no word comes often enough.

    Example:
        >>> model = Chars2Vec(width=16, training=Training(epochs=40), random_state=0)
        >>> model = model.fit(["violin trumpet guitar drum"])
        >>> model.most_similar("trunpet", n=1)[0][0]
        'trumpet'

    Source:
        Intuition Engineering (2018), "chars2vec", https://github.com/IntuitionEngineeringTeam/chars2vec.
        Differs: misspellings are made by the four slips of Damerau (1964), doi:10.1145/363958.363994, and
        each word of a batch is held against the misspellings of all others.
    """

    width: int = 50
    n_slips: int = 1
    min_count: int = 1
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the spelling of all words of texts.

        Args:
            X: texts, lists of tokens, or simply words.
            y: has no say.
        """
        vocabulary, _ = read_corpus(listed(X), min_count=self.min_count, tokenizer=self.tokenizer)
        self.alphabet_ = Alphabet.learn(vocabulary.words)
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            self.network_ = Chars2VecNetwork(self.alphabet_.n_characters, self.width)
        letters = self.alphabet_.rows(vocabulary.words, MAX_LETTERS)
        samples = SpellingSamples(letters, self.alphabet_.n_characters, self.n_slips)
        objective = SpellingPairs()
        self.record_ = learn(self.network_, objective, samples, self.training, DEFAULTS, seed)
        self.vectors_ = WordVectors(vocabulary, self._read(vocabulary.words))
        return self

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, width).

        Args:
            tokens: of each text.
        """
        check_is_fitted(self)
        words, numbers, lengths = number_words(check_token_lists(tokens))
        return np.split(self._read(words)[numbers], np.cumsum(lengths)[:-1]) if len(lengths) else []

    def most_similar(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """Return the known words that are spelt likest, with the distances of their vectors, nearest first.

        Args:
            word: any string of letters.
            n: at most so many.
        """
        check_is_fitted(self)
        distances = np.linalg.norm(self.vectors_.vectors - self._read([word])[0], axis=1)
        nearest = np.argsort(distances, kind="stable")[:n]
        return [(self.vectors_.words[row], float(distances[row])) for row in nearest.tolist()]

    @property
    def width_(self) -> int:
        """Features of each token's vector."""
        return self.width

    @torch.inference_mode()
    def _read(self, words: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(words), self.width), np.float32)
        for some in batches_of_like_length([len(word) for word in words]):
            letters = self.alphabet_.rows([words[row] for row in some.tolist()], MAX_LETTERS)
            vectors[some] = self.network_.encode(torch.from_numpy(letters)).numpy()
        return vectors


class SpellingBatch(NamedTuple):
    """Some words.

    Args:
        letters: (words, letters).
        misspelt: (words, letters), of the same words with slips.
    """

    letters: Tensor
    misspelt: Tensor


@final
class SpellingSamples:
    """Words, each with slips that are drawn anew whenever it is taken.

    Args:
        letters: (words, letters).
        n_characters: of the alphabet.
        n_slips: up to so many.

    Example:
        >>> samples = SpellingSamples(np.array([[6, 7, 8]]), 9, 1)
        >>> len(samples), samples[torch.tensor([0])].letters.tolist()
        (1, [[6, 7, 8]])
    """

    def __init__(self, letters: NDArray[np.int64], n_characters: int, n_slips: int) -> None:
        self.letters, self.n_characters, self.n_slips = letters, n_characters, n_slips

    def __len__(self) -> int:
        return len(self.letters)

    def __getitem__(self, rows: Tensor) -> SpellingBatch:
        letters = self.letters[rows.numpy()]
        generator = np.random.default_rng(int(torch.randint(2**31, (1,))))
        n_slips = generator.integers(1, self.n_slips + 1, size=len(letters))
        misspelt = misspell(letters, n_slips, self.n_characters, generator)
        return SpellingBatch(torch.from_numpy(letters), torch.from_numpy(misspelt))


@final
class SpellingPairs(TextObjective):
    """Binary cross-entropy over pairs: own misspellings and those of others count half each.

    Example:
        >>> SpellingPairs().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: SpellingBatch) -> Tensor:
        """Return the mean over all pairs of the batch."""
        assert isinstance(network, Chars2VecNetwork)  # noqa: S101
        scores = network.differ(network.encode(batch.letters), network.encode(batch.misspelt))
        same = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
        own = F.softplus(scores[same]).mean()
        if len(scores) == 1:
            return own
        return (own + F.softplus(-scores[~same]).mean()) / 2
