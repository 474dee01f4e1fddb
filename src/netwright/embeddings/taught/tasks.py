"""Tasks that teach one encoder together."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

from torch import nn

from netwright.embeddings.taught.lessons import Lesson, TokenRows
from netwright.embeddings.taught.reading import Classified, classified_pairs, columns_of, grades_of, labels_of
from netwright.embeddings.transformer.encoding import listed_texts
from netwright.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss

Reader = Callable[[Sequence[str]], TokenRows]


class Task(ABC):
    """Abstract: texts, what is known of them, and how an encoder learns from it.

    Example:
        >>> sorted(Task.__abstractmethods__)
        ['columns', 'lesson']
    """

    @abstractmethod
    def columns(self) -> list[list[str]]:
        """Return the texts, checked, by column."""

    @abstractmethod
    def lesson(self, read: Reader, width: int) -> Lesson:
        """Return what the loop takes.

        Args:
            read: turns texts into numbers of words.
            width: of the encoder's vectors.
        """


@final
@dataclass(frozen=True)
class ClassificationTask(Task):
    """Texts with labels: sentiment, kinds of questions, topics.

    Args:
        texts: any number.
        labels: one for each.

    Raises:
        InputError: when it is used, if there are not as many labels as texts, or all are the same.

    Example:
        >>> ClassificationTask(["good", "bad"], [1, 0]).columns()
        [['good', 'bad']]
    """

    texts: Any
    labels: Any

    def columns(self) -> list[list[str]]:
        return [listed_texts(self.texts, "texts")]

    def lesson(self, read: Reader, width: int) -> Lesson:
        (texts,) = self.columns()
        classes, numbers = labels_of(self.labels, len(texts))
        return Lesson([read(texts)], numbers, Classified(nn.Linear(width, len(classes))))


@final
@dataclass(frozen=True)
class SimilarityTask(Task):
    """Pairs of texts with grades of how alike they are.

    Args:
        pairs: rows of two texts.
        grades: from -1 to 1, or from 0 to 1.

    Raises:
        InputError: when it is used, if a row or a grade has another form.

    Example:
        >>> SimilarityTask([("a cat", "one cat")], [0.9]).columns()
        [['a cat'], ['one cat']]
    """

    pairs: Any
    grades: Any

    def columns(self) -> list[list[str]]:
        return columns_of(self.pairs)

    def lesson(self, read: Reader, width: int) -> Lesson:
        first, second = self.columns()
        return Lesson([read(first), read(second)], grades_of(self.grades, len(first)), CosineSimilarityLoss())


@final
@dataclass(frozen=True)
class ResponseTask(Task):
    """Pairs of texts that belong together, such as a message and its answer, or neighbours in running text.

    Each text must find its partner among those of the batch.

    Args:
        pairs: rows of two texts.

    Raises:
        InputError: when it is used, if a row has another form.

    Example:
        >>> ResponseTask([("how are you", "fine")]).columns()
        [['how are you'], ['fine']]
    """

    pairs: Any

    def columns(self) -> list[list[str]]:
        return columns_of(self.pairs)

    def lesson(self, read: Reader, width: int) -> Lesson:
        return Lesson([read(one) for one in self.columns()], None, MultipleNegativesRankingLoss())


@final
@dataclass(frozen=True)
class InferenceTask(Task):
    """Pairs of texts with labels: entailment, contradiction or neither.

    Args:
        pairs: rows of two texts.
        labels: one for each row.

    Raises:
        InputError: when it is used, if a row has another form, or all labels are the same.

    Example:
        >>> InferenceTask([("a cat", "an animal")], ["entailment"]).columns()
        [['a cat'], ['an animal']]
    """

    pairs: Any
    labels: Any

    def columns(self) -> list[list[str]]:
        return columns_of(self.pairs)

    def lesson(self, read: Reader, width: int) -> Lesson:
        first, second = self.columns()
        classes, numbers = labels_of(self.labels, len(first))
        loss = classified_pairs(width, len(classes), product=True)
        return Lesson([read(first), read(second)], numbers, loss)
