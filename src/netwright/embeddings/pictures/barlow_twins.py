"""Barlow Twins: codes of pictures, learned without labels from two views of each."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import numpy as np
import torch
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import TwoViews, barlow_views
from netwright.estimators import DeepEmbedder
from netwright.estimators.backbones import Backbone, make_network
from netwright.estimators.numbers import picture_front
from netwright.estimators.twins import TwinHead
from netwright.losses import BarlowTwinsLoss
from netwright.nets import ProjectedNetwork
from netwright.optim import OneCycle
from netwright.training import Batch, Objective, Training
from netwright.training.callbacks.augmentation import Augmentation
from netwright.training.record import Choice

BATCH, PEAK_RATE = 256, 3e-3
STEPS_IN_A_RUN, FEWEST_EPOCHS, MOST_EPOCHS = 3_000, 10, 200
MOST_ROWS = 2048
"""Of so many rows the spread of the codes is measured."""


@final
@dataclass(eq=False, repr=False)
class BarlowTwinsEmbedder(DeepEmbedder):
    """Barlow Twins: two views of a picture get the same code, and no number of a code repeats another.

    Use it where pictures are many and labels few: fit it to all pictures, then a linear model to the codes of
    those with labels. What `views` changes, the codes pass over, so it says what does not matter; see
    `netwright.data.barlow_views`. After `fit`, `spread_` is the standard deviation of each number of a code:
    zeros would be a collapse, which the loss prevents.

        C_ij = correlation of number i of the first view and number j of the second, behind the projector
        minimise sum_i (1 - C_ii)^2 + redundancy sum_{i != j} C_ij^2

    Args:
        width: numbers of a code.
        backbone: a network that gives so many numbers, which is copied, or what makes one when it is called
            with `channels=` and `n_outputs=`; None for `nets.PictureNet`.
        projector: units of each of the three layers between the codes and the loss.
        redundancy: weight of what the numbers share with each other; None for 10 / projector, since there are
            so many more of such terms the wider the projector is.
        views: how a picture is changed twice; None for `barlow_views` that keep three tenths of it or more.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the pictures cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().images[:200] / 16
        >>> model = BarlowTwinsEmbedder(width=8, projector=16, training=Training(epochs=2))
        >>> model.fit_transform(X).shape, bool((model.spread_ > 0).all())
        ((200, 8), True)

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
        Differs: a small residual network, batches of 256, and AdamW with one cycle of the rate; both views
        pass batch normalisation together.
    """

    decodes: ClassVar[bool] = False
    width: int = 128
    backbone: Backbone | None = None
    projector: int = 512
    redundancy: float | None = None
    views: TwoViews | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None, sample_weight: None = None) -> Self:
        """Learn from pictures, without labels.

        Args:
            X: pictures in any form that `netwright.data.read_images` takes.
            y: passed over.
            sample_weight: not taken: correlations are those of whole batches.

        Raises:
            ValueError: when X cannot be used; the message says what to do.
        """
        if sample_weight is not None:
            raise InputError(
                "sample_weight must be None", "weights", "correlations have none: leave them out"
            )
        X = self.admit(X, fitting=True)
        if len(X.shape) != 4:
            raise InputError("X must be pictures", "a table", "take Autoencoder for tables")
        self.n_channels_ = int(X.shape[1])
        validate_data(self, X, skip_check_array=True)
        self._learn(X, torch.zeros(len(X)), lambda _: TwinHead(self.width))
        self.spread_: np.ndarray = self.transform(X[:MOST_ROWS]).std(0)
        return self

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from two views of each picture; no rows are held back, since what they show is not judged."""
        if training.validation:
            came, mend = repr(training.validation), "judge the codes by what they are for"
            raise InputError("validation must be None or 0 where there is no target", came, mend)
        filled, made = replace(training, validation=0.0), []
        if training.batch_size is None:
            filled.batch_size = -(-n_rows // max(1, round(n_rows / BATCH)))
            reason = "correlations need many rows, so that batches are of one size, near the paper's smallest"
            made.append(Choice("batch_size", filled.batch_size, reason, "arXiv:2103.03230"))
        if training.epochs is None:
            per_epoch = -(-n_rows // int(filled.batch_size or BATCH))
            filled.epochs = min(max(round(STEPS_IN_A_RUN / per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
            made.append(Choice("epochs", filled.epochs, f"{filled.epochs * per_epoch:,} steps of one cycle"))
        if training.schedule is None and training.learning_rate is None and training.optimizer is None:
            filled.learning_rate, filled.schedule = PEAK_RATE, OneCycle()
            made.append(Choice("learning_rate", PEAK_RATE, "the peak of one cycle, for AdamW"))
        if not any(isinstance(one, Augmentation) for one in training.callbacks):
            filled.callbacks = (*training.callbacks, Augmentation(self.views or self._usual_views()))
        if not isinstance(training.loss, Objective):
            redundancy = 10 / self.projector if self.redundancy is None else self.redundancy
            filled.loss = ViewsObjective(redundancy)
        return filled, made

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        encoder = make_network(self.backbone, sample, n_outputs)
        front = picture_front(self.centre_, self.scale_)
        return ProjectedNetwork(encoder, self.width, self.projector, front)

    def _usual_views(self) -> TwoViews:
        return barlow_views(self.n_channels_, smallest_crop=0.3)


@final
class ViewsObjective(Objective):
    """The loss of Barlow Twins on batches whose inputs are two views, as `TwoViews` gives them.

    Args:
        redundancy: weight of what the numbers share with each other.

    Example:
        >>> views = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> ViewsObjective(0.005).loss(nn.Identity(), Batch((views, views), torch.zeros(4))) < 1e-6
        tensor(True)
    """

    def __init__(self, redundancy: float) -> None:
        self.measure = BarlowTwinsLoss(redundancy)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of the batch."""
        projected: Tensor = network(torch.cat(batch.inputs))
        with torch.autocast(projected.device.type, enabled=False):  # a hundredth is much for a correlation
            loss: Tensor = self.measure(*projected.float().chunk(2))
        return loss
