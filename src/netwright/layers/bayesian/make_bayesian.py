"""Any network made Bayesian: its weights become distributions around what they were."""

from torch import nn

from netwright.core.errors import InputError
from netwright.layers.bayesian.bayesian_convolution import BayesianConv2d
from netwright.layers.bayesian.bayesian_linear import BayesianLinear


def make_bayesian(network: nn.Module, prior_scale: float = 1.0, initial_scale: float = 0.05) -> nn.Module:
    """Turn the weights of all linear and two-dimensional convolutional layers into Gaussians, in place.

    Use it on a network of any kind before it is trained, or after, to start from what it has learned. Other
    weights, of embeddings, recurrent cells and normalisation, stay numbers.

        w ~ N(m, s^2),   m = what w was,   s = initial_scale * prior_scale

    Args:
        network: any module; it is changed.
        prior_scale: standard deviation of each weight before any data is seen.
        initial_scale: standard deviation of each weight at first, as a share of the prior's.

    Returns:
        The network; a new one where the network was such a layer itself.

    Raises:
        InputError: when it has no such layer.

    Example:
        >>> make_bayesian(nn.Sequential(nn.Linear(2, 3), nn.ReLU()))
        Sequential(
          (0): BayesianLinear()
          (1): ReLU()
        )

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424.
    """
    made = {
        name: _turned(module, prior_scale, initial_scale)
        for name, module in network.named_modules(remove_duplicate=False)
        if _turns(module)
    }
    if not made:
        raise InputError(
            "the network must have linear or convolutional layers", type(network).__name__, "add one"
        )
    for name, layer in made.items():
        if not name:
            return layer
        parent, _, last = name.rpartition(".")
        setattr(network.get_submodule(parent), last, layer)
    return network


def _turns(module: nn.Module) -> bool:
    return type(module) is nn.Linear or (type(module) is nn.Conv2d and module.padding_mode == "zeros")


def _turned(module: nn.Module, prior_scale: float, initial_scale: float) -> nn.Module:
    if isinstance(module, nn.Linear):
        return BayesianLinear.like(module, prior_scale, initial_scale).train(module.training)
    assert isinstance(module, nn.Conv2d)  # noqa: S101  (_turns lets no other pass)
    return BayesianConv2d.like(module, prior_scale, initial_scale).train(module.training)
