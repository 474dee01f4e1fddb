"""StarSpace: bags of features of any kind in one space, where what belongs together lies together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Literal, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from netwright.core.errors import InputError
from netwright.data import encode_corpus, read_corpus
from netwright.embeddings.entities.bags import Bags, embed_bags
from netwright.embeddings.entities.star_training import Pairs, train_star
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.losses import NegativesMarginLoss

TARGETS = ("label", "bag", "member")
SIMILARITIES = ("cosine", "dot")


@final
@dataclass(eq=False, repr=False)
class StarSpace(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learn vectors of features so that bags of them lie near the labels, bags or members they belong to.

    Use it for whatever can be written as pairs that belong together: texts and labels, questions and answers,
    sentences and the documents they are from, a user's items and the next one, an entity with a relation and
    another entity. Features and labels lie in one space and can be compared with each other.

        bag = sum_i F_i / n^p,   s(a, b) = cosine or inner product,   loss(s(a, b), s(a, b_1), ..., s(a, b_k))

    What is wanted, b, depends on `target`: with "label", a label of the row's y, drawn anew in each epoch
    where it has several; with "bag", the row's y as a bag of the same features as X; with "member", and no y,
    a member of the bag itself, which is taken out of it. The k others are drawn from all that is wanted.

    Args:
        width: length of the vectors.
        target: "label", "bag" or "member".
        loss: of similarities, such as `losses.NegativesSoftmaxLoss()`; None for
            `losses.NegativesMarginLoss(0.05)`.
        similarity: "cosine" or "dot".
        p: 0 sums a bag's vectors, 1 averages them.
        n_negatives: candidates that are drawn for each batch.
        epochs: passes over the rows.
        learning_rate: of AdaGrad, falling to zero.
        min_count: features that come less often are left out.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when X or y cannot be used, or a setting is out of its range.

    Example:
        >>> texts = ["the cat sat", "a cat and a dog", "stocks and bonds", "bonds fell"] * 20
        >>> topics = ["pets", "pets", "money", "money"] * 20
        >>> space = StarSpace(width=10, epochs=20, random_state=0).fit(texts, topics)
        >>> space.predict(["the dog sat", "bonds and stocks"]).tolist()
        ['pets', 'money']
        >>> space.transform(["cat dog"]).shape
        (1, 10)

    Source:
        Wu, Fisch, Chopra, Adams, Bordes and Weston (2017), "StarSpace: Embed All The Things!",
        arXiv:1709.03856.

    Differs:
        A batch of rows shares its drawn candidates, so that the similarities are one matrix product; one that
        is a row's own is left out for this row. There are no n-grams.
    """

    width: int = 100
    target: Literal["label", "bag", "member"] = "label"
    loss: nn.Module | None = None
    similarity: Literal["cosine", "dot"] = "cosine"
    p: float = 0.5
    n_negatives: int = 50
    epochs: int = 5
    learning_rate: float = 0.05
    min_count: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vectors.

        Args:
            X: (rows), texts or lists of features.
            y: (rows), what belongs to each: a label or a list of labels; for the target "bag" a text or a
                list of features, as X has them; for "member" nothing.

        Raises:
            InputError: when X and y do not suit each other and the target.
        """
        self._check()
        rows = _listed(X, "X")
        wanted = self._wanted(rows, y)
        corpus = chain(rows, wanted) if self.target == "bag" else rows
        vocabulary, stream = read_corpus(corpus, min_count=self.min_count)
        bags = Bags.of_stream(stream)
        n_words = len(vocabulary)
        self.labels_: list[Any] = []
        if self.target == "label":
            candidates, own = self._label(wanted, n_words)
        elif self.target == "bag":
            numbers = torch.arange(len(rows), 2 * len(rows))
            candidates, own = _distinct(bags.take(numbers))
            bags = bags.take(torch.arange(len(rows)))
        else:
            candidates = Bags(torch.arange(n_words), torch.arange(n_words + 1))
            own = bags
        pairs = Pairs(bags, candidates, own, members=self.target == "member")
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        weight, self.losses_ = train_star(
            pairs,
            n_words + len(self.labels_),
            width=self.width,
            loss=self.loss or NegativesMarginLoss(),
            cosine=self.similarity == "cosine",
            p=self.p,
            n_negatives=self.n_negatives,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            seed=seed,
        )
        self.vectors_ = WordVectors(vocabulary, weight[:n_words])
        self.label_vectors_ = weight[n_words:]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vector of each bag, (rows, width); unknown features are passed over.

        Args:
            X: texts or lists of features.
        """
        check_is_fitted(self)
        bags = Bags.of_stream(encode_corpus(_listed(X, "X"), self.vectors_.vocabulary))
        vectors: NDArray[np.float32] = embed_bags(
            torch.from_numpy(self.vectors_.vectors), bags, self.p
        ).numpy()
        return vectors

    def similarities(self, X: Any, y: Any = None) -> NDArray[np.float32]:
        """Return how similar each bag is to each label, or to each of other bags.

        Args:
            X: texts or lists of features.
            y: others to compare with; None for the labels, in the order of `labels_`.

        Example:
            >>> space = StarSpace(width=4, target="bag", epochs=50, random_state=0)
            >>> _ = space.fit(["who is it", "what is it"] * 9, ["a cat", "a box"] * 9)
            >>> space.similarities(["who is it", "what is it"], ["a box", "a cat"]).argmax(1)
            array([1, 0])
        """
        ours = self.transform(X)
        theirs = self.label_vectors_ if y is None else self.transform(y)
        if not len(theirs):
            expected = f"y must be given to a space of target {self.target!r}"
            raise InputError(expected, "None", "give texts or lists of features to compare with")
        if self.similarity == "cosine":
            ours, theirs = _unit(ours), _unit(theirs)
        similar: NDArray[np.float32] = ours @ theirs.T
        return similar

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most similar label of each bag.

        Args:
            X: texts or lists of features.
        """
        best: NDArray[Any] = np.array(self.labels_)[self.similarities(X).argmax(1)]
        return best

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        return np.array([f"starspace{place}" for place in range(self.vectors_.width)], dtype=object)

    def _wanted(self, rows: Sequence[Any], y: Any) -> list[Any]:
        if self.target == "member":
            if y is not None:
                raise InputError("y must be None for the target 'member'", "values", "take another target")
            return []
        if y is None:
            raise InputError(
                f"y must be given for the target {self.target!r}", "None", "target='member' needs none"
            )
        wanted = _listed(y, "y")
        if len(wanted) != len(rows):
            raise InputError(
                f"y must have {len(rows)} values, one for each row of X", str(len(wanted)), "give both alike"
            )
        return wanted

    def _label(self, wanted: list[Any], n_words: int) -> tuple[Bags, Bags]:
        """Number the labels behind the words; returns each as a bag, and which belong to each row."""
        several = [list(one) if isinstance(one, list | tuple | set) else [one] for one in wanted]
        self.labels_ = sorted({label for labels in several for label in labels}, key=str)
        numbers = {label: number for number, label in enumerate(self.labels_)}
        n_labels = len(self.labels_)
        if n_labels < 2:
            raise InputError(
                "y must have two labels or more", str(n_labels), "there is nothing to tell apart"
            )
        candidates = Bags(torch.arange(n_words, n_words + n_labels), torch.arange(n_labels + 1))
        return candidates, Bags.of_lists([[numbers[label] for label in labels] for labels in several])

    def _check(self) -> None:
        for name, options in (("target", TARGETS), ("similarity", SIMILARITIES)):
            if getattr(self, name) not in options:
                raise InputError(
                    f"{name} must be one of {', '.join(options)}", repr(getattr(self, name)), "choose one"
                )
        for name in ("width", "n_negatives", "epochs"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be 1 or more", str(getattr(self, name)), "raise it")


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(
            f"{name} must be an iterable with one item for each row",
            type(values).__name__,
            "put it in a list",
        )
    rows = list(values)
    if not rows:
        raise InputError(f"{name} must have rows", "none", "give some")
    return rows


def _distinct(bags: Bags) -> tuple[Bags, Bags]:
    """Bags that differ, and for each row which of them is its own."""
    starts, ids = bags.starts.tolist(), bags.ids.numpy()
    numbers: dict[bytes, int] = {}
    own: list[int] = []
    first: list[int] = []
    for row, (start, stop) in enumerate(pairwise(starts)):
        number = numbers.setdefault(ids[start:stop].tobytes(), len(numbers))
        if number == len(first):
            first.append(row)
        own.append(number)
    return bags.take(torch.tensor(first)), Bags(torch.tensor(own), torch.arange(len(own) + 1))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
