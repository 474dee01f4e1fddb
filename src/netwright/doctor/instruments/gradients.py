"""Gradients looked at by hand: against differences of the function itself, and from layer to layer."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from netwright.core.errors import InputError

STEP = 1e-6
"""Of the central difference; in double precision its own error is about 1e-10."""
RIGHT = 1e-6
MOST_NUMBERS = 500
"""Of each tensor that are moved; of larger ones so many are drawn."""
VANISHING = 1e-4


@dataclass(frozen=True)
class GradientComparison:
    """A gradient beside the differences of its function.

    Args:
        relative_error: length of their difference over the longer of the two; the largest of all tensors.
        errors: of each tensor, by its name.

    Example:
        >>> GradientComparison(0.5, {"input 0": 0.5}).right
        False
    """

    relative_error: float
    errors: dict[str, float]

    @property
    def right(self) -> bool:
        """Whether the relative error is below 1e-6."""
        return self.relative_error < RIGHT


def compare_gradients(
    function: Callable[..., Any] | nn.Module, *inputs: Tensor, seed: int = 0
) -> GradientComparison:
    """Compare the gradient that autograd gives with central differences of the function itself.

    Use it for a layer or a `torch.autograd.Function` of your own whose backward pass you wrote. Everything
    is computed in double precision, on a copy of a network, so that the two agree to about ten digits where
    the backward pass is right. What is differentiated is the answer times fixed random numbers, so that
    errors of its parts do not cancel.

        |backward - numeric| / max(|backward|, |numeric|),   numeric = (f(x + h) - f(x - h)) / 2h

    Args:
        function: of the inputs; of a network, the parameters are compared as well.
        inputs: tensors; those of whole numbers are passed on as they are.
        seed: of the random numbers, and of the numbers that are moved where there are more than 500.

    Example:
        >>> compare_gradients(torch.sin, torch.randn(3, 2)).right
        True
        >>> compare_gradients(lambda x: x.detach() * x, torch.randn(3)).right  # x is half of it
        False

    Source:
        Karpathy et al., "CS231n: Convolutional Neural Networks for Visual Recognition", notes,
        cs231n.github.io/neural-networks-3, "Gradient Checks"
    """
    generator = torch.Generator().manual_seed(seed)
    if isinstance(function, nn.Module):
        function = copy.deepcopy(function).double()
    given = [one.detach().double().clone().contiguous() if one.is_floating_point() else one for one in inputs]
    names = {f"input {place}": one for place, one in enumerate(given) if one.is_floating_point()}
    if isinstance(function, nn.Module):
        names |= {name: one for name, one in function.named_parameters() if one.requires_grad}
    weights: list[Tensor] = []

    def value() -> Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(seed)  # what a layer draws is drawn alike each time
            answer = first_tensor(function(*given))
        if not weights:
            drawn = torch.randn(answer.shape, dtype=torch.float64, generator=generator)
            weights.append(drawn.to(answer.device))
        total: Tensor = (answer.double() * weights[0]).sum()
        return total

    for one in names.values():
        one.requires_grad_()
    loss = value()
    found = _backward(loss, list(names.values()))
    with torch.no_grad():
        errors = {
            name: _error(value, one, gradient, generator)
            for (name, one), gradient in zip(names.items(), found, strict=True)
        }
    return GradientComparison(max(errors.values(), default=0.0), errors)


def first_tensor(answer: Any) -> Tensor:
    """Return the first tensor of what a layer answers, such as the states of a recurrent one.

    Args:
        answer: a tensor, or a tuple, list or dictionary with tensors somewhere.

    Raises:
        InputError: when there is none.

    Example:
        >>> first_tensor((torch.zeros(2), None)).shape
        torch.Size([2])
    """
    for one in tree_flatten(answer)[0]:
        if isinstance(one, Tensor):
            return one
    raise InputError("the answer must have a tensor", type(answer).__name__, "return one")


def _backward(loss: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    if not loss.requires_grad:
        return [torch.zeros_like(one) for one in tensors]
    found = torch.autograd.grad(loss, tensors, allow_unused=True)
    return [
        torch.zeros_like(one) if gradient is None else gradient
        for one, gradient in zip(tensors, found, strict=True)
    ]


def _error(value: Callable[[], Tensor], one: Tensor, gradient: Tensor, generator: torch.Generator) -> float:
    """The relative error of one tensor's gradient, on all or some of its numbers."""
    flat = one.detach().view(-1)
    places = torch.randperm(len(flat), generator=generator)[:MOST_NUMBERS]
    numeric = torch.zeros(len(places), dtype=torch.float64)
    for number, place in enumerate(places.tolist()):
        kept = float(flat[place])
        ends = []
        for sign in (1, -1):
            flat[place] = kept + sign * STEP
            ends.append(float(value()))
        flat[place] = kept
        numeric[number] = (ends[0] - ends[1]) / (2 * STEP)
    told = gradient.reshape(-1).cpu()[places]
    longest = max(float(told.norm()), float(numeric.norm()))
    return float((told - numeric).norm()) / longest if longest > STEP else 0.0


@dataclass(frozen=True)
class LayerGradient:
    """The gradient of one matrix.

    Args:
        name: of the parameter.
        norm: of its gradient.
        relative: the same over the norm of the weights.

    Example:
        >>> LayerGradient("0.weight", 0.1, 0.02).norm
        0.1
    """

    name: str
    norm: float
    relative: float


@dataclass(frozen=True)
class GradientReport:
    """Gradients of a network's matrices, from the first to the last.

    Args:
        layers: in the order of the network.

    Example:
        >>> layers = LayerGradient("0.weight", 1e-9, 1e-9), LayerGradient("1.weight", 1e-2, 1e-2)
        >>> GradientReport(layers).verdict
        'vanishing'
    """

    layers: tuple[LayerGradient, ...]

    @property
    def ratio(self) -> float:
        """Norm of the first over that of the last; 1 where there are not two."""
        if len(self.layers) < 2:
            return 1.0
        return self.layers[0].norm / max(self.layers[-1].norm, 1e-300)

    @property
    def verdict(self) -> Literal["vanishing", "exploding", "even"]:
        """What becomes of the gradient on its way back: a ratio below 1e-4 or above 1e4 is called so."""
        if self.ratio < VANISHING:
            return "vanishing"
        return "exploding" if self.ratio > 1 / VANISHING else "even"

    def __str__(self) -> str:
        lines = [f"{one.name}  {one.norm:.3g}  ({one.relative:.3g} of the weights)" for one in self.layers]
        return "\n".join([*lines, f"first over last: {self.ratio:.3g}, {self.verdict}"])


def gradients_by_layer(network: nn.Module, loss: Tensor) -> GradientReport:
    """Tell how large the gradient is at each matrix of a network, from the first to the last.

    Use it when early layers do not learn: what reaches them is a product with a factor for each layer above,
    and factors of 0.1 leave 0.001 after three. The parameters' own `grad` stays as it is, and the loss can
    still be differentiated.

    Args:
        network: whose.
        loss: computed from it.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        >>> report = gradients_by_layer(network, network(torch.randn(16, 4)).square().mean())
        >>> [one.name for one in report.layers], report.verdict
        (['0.weight', '2.weight'], 'even')

    Source:
        Bengio, Simard and Frasconi (1994), "Learning long-term dependencies with gradient descent is
        difficult", doi:10.1109/72.279181
    """
    named = [(name, one) for name, one in network.named_parameters() if one.requires_grad and one.ndim > 1]
    found = torch.autograd.grad(loss, [one for _, one in named], retain_graph=True, allow_unused=True)
    layers = []
    for (name, weight), gradient in zip(named, found, strict=True):
        if gradient is not None:
            norm = float(gradient.double().norm())
            layers.append(LayerGradient(name, norm, norm / max(float(weight.detach().norm()), 1e-300)))
    return GradientReport(tuple(layers))
