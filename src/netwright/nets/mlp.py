"""The multilayer perceptron."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn


@final
class MLP(nn.Module):
    """Fully connected layers with an activation between them.

    With `nn.SELU` it is the self-normalising network: LeCun's initialisation and alpha dropout, which keep
    mean and variance of the activations, come with it.

        h_0 = dropout(x),  h_l = dropout(f(norm(W_l h_{l-1} + b_l))),  y = W h_L + b

    Args:
        n_inputs: features in.
        n_outputs: features out; the last layer has no activation.
        hidden: units of each hidden layer; empty for a linear model.
        activation: a module class without arguments.
        dropout: share of the hidden units set to zero in training.
        input_dropout: share of the inputs set to zero in training.
        norm: `nn.BatchNorm1d` or `nn.LayerNorm`, called with the units of each hidden layer; None for none.
        norm_after: whether `norm` comes after the activation instead of before it.

    Example:
        >>> import torch
        >>> MLP(n_inputs=4, n_outputs=3, hidden=(8, 8))(torch.zeros(2, 4)).shape
        torch.Size([2, 3])

    Source:
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors",
        doi:10.1038/323533a0; dropout: Srivastava et al. (2014), "Dropout", JMLR 15; SELU: Klambauer et al.
        (2017), "Self-Normalizing Neural Networks", arXiv:1706.02515.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hidden: Sequence[int] = (256, 128),
        activation: type[nn.Module] = nn.ReLU,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        norm: type[nn.BatchNorm1d] | type[nn.LayerNorm] | None = None,
        norm_after: bool = False,
    ) -> None:
        super().__init__()
        drop = nn.AlphaDropout if activation is nn.SELU else nn.Dropout
        layers: list[nn.Module] = [drop(input_dropout)] if input_dropout else []
        for units in hidden:
            layers.append(nn.Linear(n_inputs, units))
            bend: list[nn.Module] = [activation()]
            if norm is not None:
                bend.insert(1 if norm_after else 0, norm(units))
            layers += bend + ([drop(dropout)] if dropout else [])
            n_inputs = units
        layers.append(nn.Linear(n_inputs, n_outputs))
        self.layers = nn.Sequential(*layers)
        if activation is nn.SELU:
            self.apply(_initialise_lecun)

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch outputs"]:
        outputs: Tensor = self.layers(x)
        return outputs

    def as_stack(self) -> tuple[nn.Module, ...]:
        """Return the layers that do all its work, one after the other, for training by hand."""
        return (self.layers,)


def _initialise_lecun(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        nn.init.zeros_(module.bias)
