"""Skip-thought: vectors of sentences that tell the sentences beside them."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer
from netwright.embeddings.context.learning import TextObjective, draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length
from netwright.embeddings.context.text_embedder import TextEmbedder
from netwright.embeddings.stories.sentences import (
    N_MARKS,
    PADDING,
    Sentences,
    encode_sentences,
    learn_sentences,
)
from netwright.nets import SkipThoughtNetwork
from netwright.training import Training

DEFAULTS = Training(epochs=10, batch_size=64, learning_rate=3e-3, validation=0.0)


@final
@dataclass(eq=False, repr=False)
class SkipThought(TextEmbedder):
    """Vectors of sentences from which the sentence before and the one behind are told.

    Use it on sentences in their order, of books, articles or talks: those that could stand in the same place
    come to stand near to each other, also where they share no word. Texts that stand alone, as posts do,
    teach it nothing.

        z_i = GRU(sentence i)
        loss = -sum log p(words of sentence i - 1 | z_i) - sum log p(words of sentence i + 1 | z_i)

    Args:
        width: features of a word.
        hidden: features of a sentence.
        min_count: rarer words are read as unknown.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 10 epochs in batches of 64 sentences.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when no sentence stands beside another.
        CorpusError: in fit, when no word comes often enough.

    Example:
        >>> story = ["the cat sat", "it purred", "the cat slept"] * 5
        >>> model = SkipThought(width=8, hidden=16, training=Training(epochs=2), random_state=0).fit(story)
        >>> model.transform(["the cat purred"]).shape
        (1, 16)

    Source:
        Kiros, Zhu, Salakhutdinov, Zemel, Torralba, Urtasun and Fidler (2015), "Skip-Thought Vectors",
        arXiv:1506.06726.
        Differs: the encoder reads in one direction (the paper's uni-skip); unknown words share a vector.
    """

    width: int = 64
    hidden: int = 128
    min_count: int = 1
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None, stories: Any = None) -> Self:
        """Train on sentences in their order.

        Args:
            X: sentences, texts or lists of tokens.
            y: has no say.
            stories: what tells the story of each, so that the end of one is no neighbour of the beginning
                of the next; None where all are of one.
        """
        self.vocabulary_, sentences = learn_sentences(X, stories, self.min_count, self.tokenizer)
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            self.network_ = SkipThoughtNetwork(len(self.vocabulary_) + N_MARKS, self.width, self.hidden)
        self.record_ = learn(
            self.network_, TellingBoth(), StorySamples(sentences), self.training, DEFAULTS, seed
        )
        return self

    @torch.inference_mode()
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of sentences, (sentences, hidden); zeros where there is no word.

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        sentences = encode_sentences(X, self.vocabulary_, self.tokenizer)
        vectors = np.zeros((len(sentences.lengths), self.hidden), np.float32)
        for some in batches_of_like_length(sentences.lengths):
            vectors[some] = self.network_.encode(torch.from_numpy(sentences.rows(some))).numpy()
        return vectors

    @property
    def width_(self) -> int:
        """Features of each sentence's vector."""
        return self.hidden


class StoryBatch(NamedTuple):
    """Some sentences with those beside them; zeros where there is none.

    Args:
        sentence: (batch, time).
        before: (batch, steps).
        after: (batch, steps).
    """

    sentence: Tensor
    before: Tensor
    after: Tensor


@final
class StorySamples:
    """Sentences that have a neighbour, each with both sides.

    Args:
        sentences: in their order.

    Example:
        >>> found = Sentences(np.array([5, 6]), np.array([0, 1]), np.array([1, 1]), np.array([0, 0]))
        >>> [part.tolist() for part in StorySamples(found)[torch.tensor([0])]]
        [[[5]], [[0, 0]], [[6, 2]]]
    """

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences
        self.before, self.after = sentences.beside()
        self.numbers = np.flatnonzero((self.before >= 0) | (self.after >= 0))

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Tensor) -> StoryBatch:
        some = self.numbers[rows.numpy()]
        both = (self.before[some], self.after[some])
        told = [torch.from_numpy(self.sentences.rows(beside, end=True)) for beside in both]
        return StoryBatch(torch.from_numpy(self.sentences.rows(some)), *told)


@final
class TellingBoth(TextObjective):
    """Mean cross-entropy of each word of the sentences on both sides.

    Example:
        >>> TellingBoth().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: StoryBatch) -> Tensor:
        """Return the mean over all words of both sides."""
        before, after = network(*batch)
        guesses = torch.cat([before.flatten(0, 1), after.flatten(0, 1)])
        words = torch.cat([batch.before.flatten(), batch.after.flatten()])
        return F.cross_entropy(guesses, words, ignore_index=PADDING)
