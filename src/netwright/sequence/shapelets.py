"""Classification of series by short pieces that are learned: shapelets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.data import SequenceBatch, SequenceSamples
from netwright.estimators import DeepClassifier
from netwright.estimators.series_rows import admit_series, read_series
from netwright.layers import Shapelets
from netwright.training import Samples, Training
from netwright.training.record import Choice

ROWS_TO_BEGIN_WITH = 256
"""Series whose pieces are grouped to begin with."""

LEARNING_RATE = 0.02


@final
@dataclass(eq=False, repr=False)
class ShapeletClassifier(DeepClassifier):
    """Classify series by how near they come, anywhere, to short pieces that are learned.

    Use it where a beat, a gesture or a fault makes the class, wherever it stands in the series, and where one
    wants to see what that is: `shapelets_` can be drawn. Series may differ in length.

        M_k = smooth minimum over places j of mean_l (x_(j + l) - s_kl)^2,   logits = W M + b

    It begins with the middles of like pieces of the training series.

    Args:
        sizes: how many shapelets of each length, as {10: 8, 20: 8}; None for 8 each of lengths that are 15 %
            and 30 % of the mean training series.
        alpha: of the smooth minimum, 0 or below.
        class_weight: None, "balanced", or a weight for each class.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> rng, y = np.random.default_rng(0), np.arange(80) % 2
        >>> X = rng.normal(0, 0.3, (80, 40))
        >>> for row in np.flatnonzero(y):
        ...     place = rng.integers(32)
        ...     X[row, place : place + 8] += [0, 1, 2, 3, -3, -2, -1, 0]
        >>> model = ShapeletClassifier(sizes={8: 4}, training=Training(epochs=40), random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.9, model.shapelets_[0].shape
        (True, (4, 8, 1))

    Source:
        Grabocka, Schilling, Wistuba and Schmidt-Thieme (2014), "Learning Time-Series Shapelets",
        doi:10.1145/2623330.2623613; shapelets: Ye and Keogh (2009), "Time Series Shapelets: A New Primitive
        for Data Mining", doi:10.1145/1557019.1557122.
        Differs: features are standardised over all training series together, not each series by itself.
    """

    sizes: Mapping[int, int] | None = None
    alpha: float = -30.0
    class_weight: Any = None
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Check X and return it as samples of series."""
        return admit_series(X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return series standardised."""
        samples = read_series(self, X, rows=rows, fitting=fitting)
        if fitting:
            usual = {max(round(share * samples.n_steps), 3): 8 for share in (0.15, 0.3)}
            self.sizes_ = dict(usual if self.sizes is None else self.sizes)
        return samples

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return _ShapeletNetwork(sample[0], n_outputs, self.sizes_, self.alpha)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Take longer steps than deep networks do."""
        if training.learning_rate is not None:
            return training, []
        reason = "one layer of distances: longer steps than those of deep networks do no harm"
        rate = Choice("learning_rate", LEARNING_RATE, reason)
        return replace(training, learning_rate=LEARNING_RATE), [rate]

    def _prime(self, network: nn.Module, samples: Samples) -> None:
        inputs = samples.inputs  # type: ignore[attr-defined]
        spread = torch.linspace(0, len(inputs) - 1, min(len(inputs), ROWS_TO_BEGIN_WITH)).long()
        batch = inputs[spread]
        network.shapelets.start_from(batch.values, mask=batch.mask)  # type: ignore[union-attr, operator]

    @property
    def shapelets_(self) -> list[np.ndarray]:
        """Of each length, (shapelets, length, features) in the units of X."""
        check_is_fitted(self)
        layers = self.network_.shapelets.shapelets  # type: ignore[union-attr]
        return [self.scaler_.inverse(one.detach()).numpy() for one in layers]  # type: ignore[union-attr]

    def distances(self, X: Any) -> np.ndarray:
        """Return how near each series comes to each shapelet, (rows, shapelets), in standardised units.

        Args:
            X: series as in `fit`.
        """
        return self._ask(X, lambda block: self.network_.nearness(block)).numpy()  # type: ignore[operator]

    def __sklearn_tags__(self) -> Any:
        """Say that only numbers are welcome, of which some may be missing."""
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = False
        return tags


@final
class _ShapeletNetwork(nn.Module):
    """Distances to shapelets, and a linear layer on them."""

    def __init__(self, n_features: int, n_outputs: int, sizes: dict[int, int], alpha: float) -> None:
        super().__init__()
        self.shapelets = Shapelets(n_features, sizes, alpha)
        self.out = nn.Linear(sum(sizes.values()), n_outputs)

    def forward(self, batch: SequenceBatch) -> Float[Tensor, "batch outputs"]:
        outputs: Tensor = self.out(self.nearness(batch))
        return outputs

    def nearness(self, batch: SequenceBatch) -> Float[Tensor, "batch shapelets"]:
        """Distances to all shapelets; series shorter than one are filled up and masked."""
        values, mask, lacking = batch.values, batch.mask, max(self.shapelets.sizes) - batch.n_steps
        if lacking > 0:
            real = torch.ones_like(values[..., 0], dtype=torch.bool) if mask is None else mask
            values = nn.functional.pad(values, (0, 0, 0, lacking))
            mask = nn.functional.pad(real, (0, lacking))
        found: Tensor = self.shapelets(values, mask)
        return found
