"""Quick-thought: vectors of sentences that know which sentence stands beside them."""

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
from netwright.data import Tokenizer
from netwright.embeddings.context.learning import TextObjective, draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length
from netwright.embeddings.context.text_embedder import TextEmbedder
from netwright.embeddings.stories.sentences import N_MARKS, Sentences, encode_sentences, learn_sentences
from netwright.nets import QuickThoughtNetwork
from netwright.training import Training

DEFAULTS = Training(epochs=10, batch_size=64, learning_rate=3e-3, validation=0.0)


@final
@dataclass(eq=False, repr=False)
class QuickThought(TextEmbedder):
    """Vectors of sentences by which the sentence beside each is picked among others.

    Use it as `SkipThought`, where there is much text: as no word is told, a step takes a fraction of the
    time, and what a sentence is about counts for more than how it is worded.

        p(c beside s) = exp(f(s) . g(c)) / sum over the sentences c' of the batch,   loss = -mean log p
        vector = [f(s) ; g(s)]

    Args:
        width: features of a word.
        hidden: features of each of both readers; vectors have twice as many.
        min_count: rarer words are read as unknown.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 10 epochs in batches of 64 sentences.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when no sentence stands beside another.
        CorpusError: in fit, when no word comes often enough.

    Example:
        >>> story = ["the cat sat", "it purred", "the cat slept"] * 5
        >>> model = QuickThought(width=8, hidden=8, training=Training(epochs=2), random_state=0).fit(story)
        >>> model.transform(["the cat purred"]).shape
        (1, 16)

    Source:
        Logeswaran and Lee (2018), "An efficient framework for learning sentence representations",
        arXiv:1803.02893.
        Differs: batches are drawn from all sentences, each with one neighbour, instead of being runs of
        sentences.
    """

    width: int = 64
    hidden: int = 64
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
            self.network_ = QuickThoughtNetwork(len(self.vocabulary_) + N_MARKS, self.width, self.hidden)
        samples, objective = PairSamples(sentences), PickingNeighbours()
        self.record_ = learn(self.network_, objective, samples, self.training, DEFAULTS, seed)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of sentences, (sentences, 2 * hidden); zeros where there is no word.

        Args:
            X: texts, or lists of tokens.
        """
        return self._both(X)

    def choose(self, X: Any, candidates: Any) -> NDArray[np.int64]:
        """Return the number of the candidate that best stands beside each sentence.

        Args:
            X: sentences.
            candidates: other sentences, the same for all.

        Raises:
            InputError: when there is no candidate.
        """
        read, offered = self._both(X)[:, : self.hidden], self._both(candidates)[:, self.hidden :]
        if not len(offered):
            raise InputError("candidates must be at least one", "none", "give sentences to choose from")
        chosen: NDArray[np.int64] = (read @ offered.T).argmax(1)
        return chosen

    @property
    def width_(self) -> int:
        """Features of each sentence's vector."""
        return 2 * self.hidden

    @torch.inference_mode()
    def _both(self, X: Any) -> NDArray[np.float32]:
        check_is_fitted(self)
        sentences = encode_sentences(X, self.vocabulary_, self.tokenizer)
        vectors = np.zeros((len(sentences.lengths), 2 * self.hidden), np.float32)
        for some in batches_of_like_length(sentences.lengths):
            vectors[some] = self.network_.encode(torch.from_numpy(sentences.rows(some))).numpy()
        return vectors


class PairBatch(NamedTuple):
    """Some pairs of neighbours.

    Args:
        sentence: (batch, time).
        beside: (batch, steps), the neighbour of each.
        numbers: (batch, 2), which sentences they are.
    """

    sentence: Tensor
    beside: Tensor
    numbers: Tensor


@final
class PairSamples:
    """Sentences with one of those beside them, drawn anew where there are two.

    Args:
        sentences: in their order.

    Example:
        >>> found = Sentences(np.array([5, 6]), np.array([0, 1]), np.array([1, 1]), np.array([0, 0]))
        >>> PairSamples(found)[torch.tensor([0, 1])].numbers.tolist()
        [[0, 1], [1, 0]]
    """

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences
        before, after = sentences.beside()
        both = np.stack([np.where(before < 0, after, before), np.where(after < 0, before, after)], 1)
        self.numbers = np.flatnonzero(both[:, 0] >= 0)
        self.beside = both[self.numbers]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Tensor) -> PairBatch:
        some = rows.numpy()
        side = torch.randint(2, (len(some),)).numpy()
        pairs = np.stack([self.numbers[some], self.beside[some, side]], 1)
        read, beside = (torch.from_numpy(self.sentences.rows(part)) for part in pairs.T)
        return PairBatch(read, beside, torch.from_numpy(pairs))


@final
class PickingNeighbours(TextObjective):
    """Mean cross-entropy of the neighbour among the candidates of the batch.

    A sentence is no candidate for itself, and its neighbour none twice.

    Example:
        >>> PickingNeighbours().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: PairBatch) -> Tensor:
        """Return the mean over the sentences of the batch."""
        scores = network(batch.sentence, batch.beside)
        read, beside = batch.numbers.unbind(1)
        own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
        barred = (beside == read[:, None]) | (beside == beside[:, None])
        target = torch.arange(len(scores), device=scores.device)
        return F.cross_entropy(scores.masked_fill(barred & ~own, -torch.inf), target)
