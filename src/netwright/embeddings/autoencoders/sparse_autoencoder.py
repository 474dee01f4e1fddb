"""The sparse autoencoder: each unit of a code is on for few rows only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.embeddings.autoencoders.building import assemble, coder_for
from netwright.embeddings.autoencoders.penalised import with_penalty
from netwright.estimators import DeepEmbedder
from netwright.losses import SparseActivityPenalty
from netwright.training import Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class SparseAutoencoder(DeepEmbedder):
    """Sparse autoencoder: units from 0 to 1, of which each is on for a given share of the rows.

    Use it for codes that are longer than they need be, whose units stand for parts such as strokes: what a
    unit means can be looked at. Linear models on top often gain. `L1SparseAutoencoder` leaves open how often
    a unit is on.

        z = sigmoid(f(x)),   minimise mean |x - g(z)|^2 + strength sum_j KL(target || mean z_j)

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer between, for pictures maps of each stage; None for none, or
            (16, 32).
        target: mean activity of each unit, between 0 and 1.
        strength: of the penalty.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> recipe = Training(epochs=30, learning_rate=3e-3)
        >>> model = SparseAutoencoder(target=0.1, training=recipe, random_state=0).fit(X)
        >>> bool(0.09 < model.transform(X).mean() < 0.11)
        True

    Source:
        Ng (2011), "CS294A Lecture notes: Sparse autoencoder", Stanford University.
        Differs: the mean activity is that of a batch, and the decoder is linear.
    """

    width: int = 64
    hidden: Sequence[int] | None = None
    target: float = 0.05
    strength: float = 2.0
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        SparseActivityPenalty(float(self.target), float(self.strength))  # says what is wrong with them
        hidden = () if self.hidden is None and len(sample) == 1 else self.hidden
        encoder, decoder = coder_for(sample, self.width, hidden)
        last = [module for module in encoder.modules() if isinstance(module, nn.Linear)][-1]
        with torch.no_grad():  # units begin as often on as they are to be: biases have far to go otherwise
            last.bias.fill_(math.log(self.target / (1 - self.target)))
        return assemble(self, (nn.Sequential(encoder, nn.Sigmoid()), decoder))

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Put the penalty beside the error."""
        penalty = SparseActivityPenalty(float(self.target), float(self.strength))
        return with_penalty(training, lambda _network, _rows, codes: penalty(codes)), []
