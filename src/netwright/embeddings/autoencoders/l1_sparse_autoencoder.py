"""The sparse autoencoder with a lasso on its codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.embeddings.autoencoders.building import assemble, coder_for
from netwright.embeddings.autoencoders.penalised import with_penalty
from netwright.estimators import DeepEmbedder
from netwright.training import Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class L1SparseAutoencoder(DeepEmbedder):
    """Sparse autoencoder by the lasso: rectified units, of which most are exactly 0 for each row.

    Use it for long codes with few numbers other than 0. The stronger the penalty, the fewer they are; where
    each unit should be on for a given share of the rows, take `SparseAutoencoder`.

        z = max(0, f(x)),   minimise mean |x - g(z)|^2 + strength mean |z|

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer between, for pictures maps of each stage; None for none, or
            (16, 32).
        strength: of the penalty.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> model = L1SparseAutoencoder(strength=0.3, training=Training(epochs=30), random_state=0).fit(X)
        >>> bool((model.transform(X) == 0).mean() > 0.5)
        True

    Source:
        Chollet (2016), "Building Autoencoders in Keras", blog.keras.io.
        Differs: the penalty is the mean over the code, so that its strength does not depend on the width.
    """

    width: int = 64
    hidden: Sequence[int] | None = None
    strength: float = 0.1
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        hidden = () if self.hidden is None and len(sample) == 1 else self.hidden
        encoder, decoder = coder_for(sample, self.width, hidden)
        return assemble(self, (nn.Sequential(encoder, nn.ReLU()), decoder))

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Put the penalty beside the error."""
        return with_penalty(training, lambda _network, _rows, codes: self.strength * codes.abs().mean()), []
