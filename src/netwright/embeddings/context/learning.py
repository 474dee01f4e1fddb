"""How the networks of this room learn: one recipe with the family's own defaults, one loop."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training import Engine, Objective, Record, Samples, Training

OPEN = ("epochs", "batch_size", "learning_rate", "validation")


class TextObjective(Objective):
    """An objective over batches of texts, which are told apart by their first tensor alone.

    Example:
        >>> class Mean(TextObjective):
        ...     def loss(self, network, batch):
        ...         return network(batch[0]).mean()
        >>> Mean().n_rows((torch.zeros(3, 2),))
        3
    """

    @abstractmethod
    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """Return the mean loss of the batch."""

    def n_rows(self, batch: Any) -> int:
        """Return how many texts there are."""
        return int(batch[0].shape[0])

    def predict(self, network: nn.Module, batch: Any) -> Tensor:
        """Return zeros: there is nothing that a metric could compare."""
        return torch.zeros(self.n_rows(batch))

    def truth(self, batch: Any) -> Tensor:
        """Return zeros."""
        return torch.zeros(self.n_rows(batch))


def learn(
    network: nn.Module,
    objective: Objective,
    samples: Samples,
    training: Training | None,
    defaults: Training,
    seed: int,
) -> Record:
    """Train a network in place; what the user's recipe leaves open is the family's default.

    Args:
        network: fresh, or trained before.
        objective: its loss.
        samples: training rows.
        training: the user's, or None.
        defaults: of the family.
        seed: of the order of rows and all that is drawn.

    Raises:
        InputError: when training is no recipe, or there is nothing to learn from.
    """
    if not isinstance(training, Training | None):
        raise InputError("training must be a Training or None", repr(training)[:40], "Training(epochs=30)")
    if not len(samples):
        raise InputError(
            "the texts must hold something to learn from", "nothing", "give longer texts, or more"
        )
    recipe = replace(training or Training())
    for field in OPEN:
        if getattr(recipe, field) is None:
            setattr(recipe, field, getattr(defaults, field))
    recipe.engine = recipe.engine or Engine(precision="float32")
    record = recipe.run(network, objective, samples, seed=seed)
    network.cpu().eval()
    return record


def draw_seed(random_state: Any) -> int:
    """Return the seed of a fit.

    Args:
        random_state: None, a number, or numpy's random state.

    Example:
        >>> draw_seed(0) == draw_seed(0)
        True
    """
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
