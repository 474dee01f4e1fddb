"""The Universal Sentence Encoder: one deep averaging network, taught by several tasks at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.embeddings.taught.lessons import Pace, teach
from netwright.embeddings.taught.tasks import ClassificationTask, Task
from netwright.embeddings.taught.word_encoder import WordEncoder, angular_similarity
from netwright.nets import DAN


@final
@dataclass(eq=False, repr=False)
class UniversalSentenceEncoder(WordEncoder):
    """Vectors of texts of any length, by a deep averaging network that several tasks teach together.

    Use it where you have some labelled texts, some graded pairs, some questions with answers, and want one
    vector for everything that comes later. It is quick: a text costs the mean of its words and two small
    layers. Vectors have length 1, and the order of the words does not matter; where it does, take `InferSent`
    or `SentenceBERT`.

        vector = y / |y|,  y = W tanh(W_1 mean over the words t of E[t] + b_1) + b

    Differs: the words alone are averaged, so that the order has no influence at all; the paper's own model
    averages pairs of neighbours with them, and was taught on texts of the web.

    Args:
        width: of the vectors.
        embedding: features of a word.
        hidden: units of each layer above the mean.
        word_dropout: share of the words left out in training.
        epochs: times that each row is seen.
        batch_size: rows in a step.
        learning_rate: of AdamW.
        min_count: rarer words are left out.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when X or y or an argument has another form.
        CorpusError: in `fit`, when no word comes often enough.

    Example:
        >>> from netwright.embeddings import ClassificationTask, SimilarityTask
        >>> tasks = [
        ...     ClassificationTask(["very good", "so good", "very bad", "so bad"], [1, 1, 0, 0]),
        ...     SimilarityTask([("a cat", "the cat"), ("a cat", "the car")], [1.0, 0.0]),
        ... ]
        >>> encoder = UniversalSentenceEncoder(epochs=2, random_state=0).fit(tasks)
        >>> encoder.transform(["a very good cat"]).shape
        (1, 512)

    Source:
        Cer et al. (2018), "Universal Sentence Encoder", arXiv:1803.11175; the network: Iyyer, Manjunatha,
        Boyd-Graber and Daumé III (2015), "Deep Unordered Composition Rivals Syntactic Methods for Text
        Classification", ACL, P15-1162.
    """

    width: int = 512
    embedding: int = 300
    hidden: Sequence[int] = (300,)
    word_dropout: float = 0.0
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    min_count: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one task or several.

        Args:
            X: a task or several; or texts, with labels y.
            y: labels of texts.

        Raises:
            InputError: when X or y has another form.
            CorpusError: when no word comes often enough.
        """
        tasks = _listed_tasks(X, y)
        self._read_words(column for task in tasks for column in task.columns())
        seed = self._seed()
        with isolated_seed(seed):
            self.network_ = DAN(
                len(self.vocabulary_), self.width, self.embedding, self.hidden, self.word_dropout,
                normalise=True,
            )  # fmt: skip
            lessons = [task.lesson(self._rows, self.width) for task in tasks]
        pace = Pace(self.epochs, self.batch_size, self.learning_rate, seed=seed)
        self.losses_ = teach(self.network_, lessons, pace)
        return self

    def similarity(self, first: Iterable[str], second: Iterable[str]) -> NDArray[np.float64]:
        """Return how alike texts are, row by row: 1 - arccos(u . v) / pi, as in the paper.

        Args:
            first: texts.
            second: as many.

        Raises:
            InputError: when one is not a text, naming its row.
        """
        return angular_similarity(self.transform(first), self.transform(second))


def _listed_tasks(X: Any, y: Any) -> list[Task]:
    if y is not None:
        return [ClassificationTask(X, y)]
    tasks = [X] if isinstance(X, Task) else list(X)
    if not tasks or not all(isinstance(one, Task) for one in tasks):
        other = next((repr(one)[:40] for one in tasks if not isinstance(one, Task)), "none")
        mend = "give ClassificationTask, SimilarityTask, ResponseTask or InferenceTask, or texts with y"
        raise InputError("X must be tasks", other, mend)
    return tasks
