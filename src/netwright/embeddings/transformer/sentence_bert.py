"""Sentence-BERT: a transformer taught by pairs of texts to give vectors that can be compared."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from sklearn.utils import check_random_state
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.embeddings.taught.lessons import Lesson, Pace, TokenRows, teach
from netwright.embeddings.taught.reading import classified_pairs, columns_of, grades_of, labels_of
from netwright.embeddings.transformer.embedder import FolderEmbedder
from netwright.embeddings.transformer.folder import Pooling
from netwright.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss, TripletMarginLoss

WEIGHT_DECAY, WARMUP = 0.01, 0.1


@final
@dataclass(eq=False, repr=False)
class SentenceBERT(FolderEmbedder):
    """A pretrained BERT, tuned on pairs or triplets of texts so that cosines tell what is alike.

    Use it where `TransformerEmbedder` finds wrong neighbours for your texts, or to make sentence vectors of a
    BERT that was never taught to give them. What the rows are says what is learned:

        rows of X              y           loss by default
        (a, b), alike          none        `losses.MultipleNegativesRankingLoss`
        (a, b)                 numbers     `losses.CosineSimilarityLoss`: grades from -1 to 1
        (a, b)                 labels      softmax over [u; v; |u - v|]
        (a, like, unlike)      none        `losses.TripletMarginLoss` with a margin of 1

    Numbers are floats; whole numbers and strings are labels. A loss of your own is called as
    `loss(*vectors of each column)`, with y behind them where there is one.

    Args:
        folder: of the model to begin with, as for `TransformerEmbedder`.
        loss: a module; None for the table above.
        pooling: "mean", "cls" or "max"; as the folder says by default.
        normalise: whether vectors are brought to length 1; as the folder says by default.
        max_length: tokens of a text that are read; as the folder says by default.
        epochs: times that each row is seen.
        batch_size: rows in a step.
        learning_rate: of AdamW; it rises in the first tenth of the steps, and falls to 0 in the others.
        random_state: seed of everything that is drawn.

    Raises:
        ModelError: in `fit`, when the folder holds no such model.
        InputError: in `fit`, when X or y or an argument has another form.

    Example:
        >>> SentenceBERT("folder", epochs=2).get_params()["epochs"]
        2

    Source:
        Reimers and Gurevych (2019), "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        arXiv:1908.10084.
    """

    folder: str | Path
    loss: nn.Module | None = None
    pooling: Pooling | None = None
    normalise: bool | None = None
    max_length: int | None = None
    epochs: int = 1
    batch_size: int = 16
    learning_rate: float = 2e-5
    random_state: Any = None

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Load the model and tune it.

        Args:
            X: rows of two or three texts.
            y: grades or labels of pairs, or nothing.

        Raises:
            ModelError: when the folder holds no such model.
            InputError: when X or y or an argument has another form.
        """
        columns = columns_of(X, (2, 3))
        self._load()
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        pace = Pace(self.epochs, self.batch_size, self.learning_rate, WARMUP, WEIGHT_DECAY, seed)
        with isolated_seed(seed):
            target, loss = self._aim(y, len(columns), len(columns[0]))
        rows = [TokenRows.of_lists(self.tokenizer_.ids(column, self.max_length_)) for column in columns]
        self.losses_ = teach(self.encoder_, [Lesson(rows, target, loss)], pace)
        return self

    def _aim(self, y: Any, n_columns: int, n_rows: int) -> tuple[Tensor | None, nn.Module]:
        """What is known of the rows, and the loss."""
        own = copy.deepcopy(self.loss)
        if y is None:
            usual = MultipleNegativesRankingLoss() if n_columns == 2 else TripletMarginLoss()
            return None, usual if own is None else own
        if n_columns == 3:
            raise InputError(
                "y must be left out for triplets", "y beside rows of three texts", "leave it out"
            )
        if np.asarray(y).dtype.kind == "f":
            return grades_of(y, n_rows), CosineSimilarityLoss() if own is None else own
        self.classes_, numbers = labels_of(y, n_rows)
        if own is None:
            own = classified_pairs(self.encoder_.network.width, len(self.classes_), product=False)
        return numbers, own
