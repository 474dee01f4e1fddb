"""Training of a bidirectional language model over words that are read by their characters."""

from collections.abc import Callable
from typing import Any, NamedTuple, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.data import Tokenizer, TokenStream, Vocabulary, encode_corpus, read_corpus
from netwright.embeddings.characters.alphabet import Alphabet, mark_words
from netwright.embeddings.context.learning import TextObjective
from netwright.embeddings.context.reading import batches_of_like_length, listed, padded, starts_of
from netwright.nets import BidirectionalLanguageModel
from netwright.training import Training

LONGEST = 64
"""Words of a piece of text that is learned from at once."""
N_MARK_WORDS = 2
"""Numbers of the words before and behind a sentence, which stand in front of all others."""
RARE = 0
"""The class of words that come too seldom to be guessed; other words follow in their order."""
DEFAULTS = Training(epochs=10, batch_size=32, learning_rate=3e-3, validation=0.0)


class WordBatch(NamedTuple):
    """Some pieces of text.

    Args:
        words: (batch, time), numbers of rows of `letters`.
        real: (batch, time), whether there is a word.
        letters: (words, letters) of the different words of the batch.
        classes: (batch, time), what is guessed of each word.
    """

    words: Tensor
    real: Tensor
    letters: Tensor
    classes: Tensor


@final
class WordSamples:
    """Pieces of text as rows of word numbers.

    Args:
        stream: sentences of word numbers.
        letters: (words, letters); those before and behind a sentence come first.
        n_guessed: the first words, which are guessed; rarer ones share a class.

    Example:
        >>> letters = np.concatenate([mark_words(), [[2, 6, 3]]])
        >>> samples = WordSamples(TokenStream(np.array([0, 0, -1], np.int32)), letters, n_guessed=1)
        >>> samples[torch.tensor([0])].classes
        tensor([[1, 3, 3, 2]])
    """

    def __init__(self, stream: TokenStream, letters: NDArray[np.int64], n_guessed: int) -> None:
        ids = np.asarray(stream.ids, np.int64)
        ends = np.flatnonzero(ids < 0)
        lengths = np.diff(ends, prepend=-1) - 1
        pieces = -(-lengths // LONGEST)  # none of an empty sentence
        first = np.repeat(ends - lengths, pieces)
        number = np.arange(int(pieces.sum())) - np.repeat(starts_of(pieces), pieces)
        self.starts = first + number * LONGEST
        self.lengths = np.minimum(np.repeat(lengths, pieces) - number * LONGEST, LONGEST)
        self.ids, self.n_guessed = ids, n_guessed
        self.letters = torch.from_numpy(letters)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: Tensor) -> WordBatch:
        some = rows.numpy()
        lengths = self.lengths[some]
        words, real = framed_words(padded(self.ids, self.starts[some], lengths), lengths)
        different, places = np.unique(words, return_inverse=True)
        letters = self.letters[torch.from_numpy(different)]
        classes = np.where(words < N_MARK_WORDS + self.n_guessed, words + 1, RARE)
        placed = torch.from_numpy(places.reshape(words.shape))
        return WordBatch(placed, torch.from_numpy(real), _cut(letters), torch.from_numpy(classes))


@final
class WordGuessing(TextObjective):
    """Mean cross-entropy of the next word from the left and of the one before from the right.

    Example:
        >>> WordGuessing().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: WordBatch) -> Tensor:
        """Return the mean of both directions."""
        assert isinstance(network, BidirectionalLanguageModel)  # noqa: S101
        words = network.read(batch.letters)[batch.words]
        after, before = network.states(words, batch.real)[:, -1].chunk(2, -1)
        both = batch.real[:, 1:]  # a word, and one before it
        left = F.cross_entropy(network.guess(after[:, :-1][both]), batch.classes[:, 1:][both])
        right = F.cross_entropy(network.guess(before[:, 1:][both]), batch.classes[:, :-1][both])
        return (left + right) / 2


def framed_words(
    rows: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return texts with the words before and behind them, and where there is a word.

    Args:
        rows: (texts, time), numbers of words from 0, whatever behind the end.
        lengths: of the texts.

    Example:
        >>> words, real = framed_words(np.array([[4, 5], [6, 0]]), np.array([2, 1]))
        >>> words.tolist(), real.sum(1).tolist()
        ([[0, 6, 7, 1], [0, 8, 1, 0]], [4, 3])
    """
    framed = np.pad(rows + N_MARK_WORDS, ((0, 0), (1, 1)))
    framed[np.arange(len(rows)), lengths + 1] = 1
    real = np.arange(framed.shape[1]) < (lengths + 2)[:, None]
    return framed * real, real


class ReadWords(NamedTuple):
    """What a corpus is learned from as.

    Args:
        alphabet: its characters.
        vocabulary: its words, frequent ones first.
        n_guessed: so many of them come often enough to be guessed.
        samples: its pieces.
    """

    alphabet: Alphabet
    vocabulary: Vocabulary
    n_guessed: int
    samples: WordSamples


def read_words(X: Any, min_count: int, tokenizer: Tokenizer | None) -> ReadWords:
    """Return a corpus as pieces to learn from, and what it is made of.

    Args:
        X: texts, or lists of tokens.
        min_count: rarer words are read, but not guessed.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when there is no word.

    Example:
        >>> read = read_words(["a rose is a rose"], 2, None)
        >>> read.vocabulary.words, read.n_guessed, len(read.samples)
        (['a', 'rose', 'is'], 2, 1)
    """
    vocabulary, stream = read_corpus(listed(X), min_count=1, tokenizer=tokenizer)
    alphabet = Alphabet.learn(vocabulary.words)
    n_guessed = int((vocabulary.counts >= min_count).sum())
    return ReadWords(
        alphabet, vocabulary, n_guessed, WordSamples(stream, word_letters(alphabet, vocabulary), n_guessed)
    )


def read_more_words(
    X: Any, read: tuple[Alphabet, Vocabulary, int], tokenizer: Tokenizer | None
) -> WordSamples:
    """Return another corpus as pieces; its new words are read, and guessed as rare ones.

    Args:
        X: texts, or lists of tokens.
        read: alphabet, vocabulary and guessed words of the first corpus.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when there is no word.
    """
    alphabet, vocabulary, n_guessed = read
    texts = listed(X)
    found, _ = read_corpus(texts, min_count=1, tokenizer=tokenizer)
    more = Vocabulary([*vocabulary.words, *(word for word in found.words if word not in vocabulary)])
    stream = encode_corpus(texts, more, tokenizer=tokenizer)
    return WordSamples(stream, word_letters(alphabet, more), n_guessed)


def word_letters(alphabet: Alphabet, vocabulary: Vocabulary) -> NDArray[np.int64]:
    """Return the letters of all words, those before and behind a sentence first.

    Args:
        alphabet: known characters.
        vocabulary: the words.

    Example:
        >>> word_letters(Alphabet.learn(["ab"]), Vocabulary(["ab"])).tolist()
        [[2, 4, 3, 0], [2, 5, 3, 0], [2, 6, 7, 3]]
    """
    letters, marks = alphabet.words(vocabulary.words), mark_words()
    width = max(letters.shape[1], marks.shape[1])
    return np.concatenate([np.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in (marks, letters)])


@torch.inference_mode()
def read_letters(words: Callable[[Tensor], Tensor], alphabet: Alphabet, wanted: list[str]) -> Tensor:
    """Return the vectors that a network gives to words by their characters, long ones apart from short ones.

    Args:
        words: (words, letters) -> vectors.
        alphabet: known characters.
        wanted: words, all different.
    """
    parts, order = [], []
    for some in batches_of_like_length([len(word) + 2 for word in wanted]):
        parts.append(words(torch.from_numpy(alphabet.words([wanted[row] for row in some.tolist()]))))
        order.append(torch.from_numpy(some))
    if not parts:
        return torch.zeros(0, 0)
    return torch.cat(parts)[torch.cat(order).argsort()]


def number_words(tokens: list[list[str]]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the different words of texts, all words as their numbers, and the lengths of the texts.

    Args:
        tokens: of each text.

    Example:
        >>> words, numbers, lengths = number_words([["a", "b"], ["a"]])
        >>> words, numbers.tolist(), lengths.tolist()
        (['a', 'b'], [0, 1, 0], [2, 1])
    """
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    flat = [word for row in tokens for word in row]
    known = {word: number for number, word in enumerate(dict.fromkeys(flat))}
    return list(known), np.fromiter(map(known.__getitem__, flat), np.int64, len(flat)), lengths


def _cut(letters: Tensor) -> Tensor:
    """Without columns that hold padding alone."""
    return letters[:, : int((letters != 0).sum(1).max())]
