"""Backpropagation through a small network, step by step, every number of it to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.explain.backpropagation.losses import worked_loss
from netwright.explain.backpropagation.worksheet import Worksheet, written
from netwright.layers import ElmanCell, Recurrent

ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.ReLU: "relu", nn.Identity: "identity",
}  # fmt: skip
"""What the worksheet can work out, layer by layer."""

MOST_LINES = 20_000
"""Numbers that a sheet may have; a larger network is not for reading."""


@final
@dataclass(frozen=True, eq=False)
class SteppedBackpropagation:
    """A worked example: forward, backward and one step of gradient descent.

    Args:
        sheet: every number, in the order in which it was worked out.
        gradients: derivative of the loss by each number of the sheet, by name.
        parameters: names of the numbers in each parameter of the network, by the parameter's name.
        shapes: of each parameter.

    Example:
        >>> network = nn.Sequential(nn.Linear(1, 1, bias=False))
        >>> with torch.no_grad():
        ...     _ = network[0].weight.fill_(3.0)
        >>> worked = stepwise_backpropagation(network, [2.0], [5.0])
        >>> print(worked.to_text(learning_rate=0.1))
        forward
        x1 = 2
        w1[1,1] = 3
        z1[1] = w1[1,1] * x1 = 3 * 2 = 6
        L = (z1[1] - t1)^2 = (6 - 5)^2 = 1
        backward
        dL/dL = 1
        dL/dz1[1] = dL/dL * 2 (z1[1] - t1) = 1 * 2 = 2
        dL/dw1[1,1] = dL/dz1[1] * x1 = 2 * 2 = 4
        dL/dx1 = dL/dz1[1] * w1[1,1] = 2 * 3 = 6
        step of 0.1
        w1[1,1] = 3 - 0.1 * 4 = 2.6
    """

    sheet: Worksheet
    gradients: dict[str, float]
    parameters: dict[str, list[str]]
    shapes: dict[str, torch.Size]

    @property
    def loss(self) -> float:
        """The loss, the last number of the sheet."""
        return self.sheet[next(reversed(self.sheet.lines))].value

    def gradient(self, parameter: str) -> Tensor:
        """Return the derivative of the loss by a parameter of the network, in its shape and float64.

        Args:
            parameter: its name, as `named_parameters` gives it.
        """
        numbers = [self.gradients[name] for name in self.parameters[parameter]]
        return torch.tensor(numbers, dtype=torch.float64).reshape(self.shapes[parameter])

    def to_text(self, learning_rate: float | None = None) -> str:
        """Return all sums as text: forward, backward, and a step of gradient descent where one is asked for.

        Args:
            learning_rate: of the step; None for no step.
        """
        told = ["forward", *self.sheet.forward_text(), "backward", *self.sheet.backward_text()]
        if learning_rate is None:
            return "\n".join(told)
        told.append(f"step of {learning_rate:g}")
        for name in [one for names in self.parameters.values() for one in names]:
            slope, value = self.gradients[name], self.sheet[name].value
            digits = self.sheet.digits
            sums = f"{written(value, digits)} - {learning_rate:g} * {written(slope, digits)}"
            told.append(f"{name} = {sums} = {written(value - learning_rate * slope, digits)}")
        return "\n".join(told)


def stepwise_backpropagation(
    network: nn.Module, inputs: Any, target: Any, loss: nn.Module | None = None, *, digits: int = 4
) -> SteppedBackpropagation:
    """Work out a network's answer to one sample, its loss and all derivatives, sum by sum, without autograd.

    Use it to learn or to teach what training does, to find out by which path an error reaches a weight, and
    to check a layer by hand. It is for networks small enough to be read.

        z = w_1 x_1 + w_2 x_2 + ... + b,   a = f(z),   L = loss(a)
        dL/dw_i = dL/dz x_i,   dL/dz = dL/da f'(z),   dL/da = sum over the neurons that read a: dL/dz w

    Numbers are named by layer, row and column from 1: w1[2,3] is the weight of the first layer from its
    third input to its second neuron, z the sum and a the activation. In recurrent layers u are the recurrent
    weights, and a step stands in front: a1[t2,3].

    Args:
        network: an `nn.Sequential` of linear layers, Tanh, Sigmoid, ReLU and Identity, in front of which may
            stand a `Recurrent` of one `ElmanCell` with tanh, which does not return its state; or one of them.
        inputs: one sample, (features), or (time, features) for a recurrent network.
        target: numbers, or for `nn.CrossEntropyLoss` the number of the class.
        loss: `nn.MSELoss`, `nn.BCEWithLogitsLoss` or `nn.CrossEntropyLoss`, as torch makes them; None for the
            first.
        digits: behind the point, in the text.

    Raises:
        InputError: when a layer or the loss is another, shapes do not fit, or the network is too large.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
        >>> worked = stepwise_backpropagation(network, [0.5, -1.0], [1.0])
        >>> answer = network(torch.tensor([0.5, -1.0]).double())
        >>> torch.nn.functional.mse_loss(answer, torch.ones(1).double()).backward()
        >>> bool((worked.gradient("0.weight") - network[0].weight.grad).abs().max() < 1e-9)
        True

    Source:
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors",
        doi:10.1038/323533a0.
    """
    x = torch.as_tensor(inputs).detach().double().cpu()
    sheet, parameters = Worksheet(digits), dict[str, list[str]]()
    layers = list(network.named_children()) if isinstance(network, nn.Sequential) else [("", network)]
    n_lines = 2 * x.numel() + sum(p.numel() for p in network.parameters()) * max(
        1, len(x) if x.ndim > 1 else 1
    )
    if n_lines > MOST_LINES:
        raise InputError(
            f"a network must have below {MOST_LINES} numbers", str(n_lines), "take a smaller one"
        )
    names: list[str] | list[list[str]] = _inputs(sheet, x)
    number, active = 0, False
    for name, layer in layers:
        number += int(active or type(layer) not in ACTIVATIONS)
        active = type(layer) in ACTIVATIONS
        names = _layer(sheet, layer, f"{name}." if name else "", number, names, parameters)
    flat = [one for one in names if isinstance(one, str)]
    if len(flat) != len(names):
        raise InputError(
            "the network must end in one row of numbers", "a row each step", "return the last step"
        )
    worked_loss(sheet, flat, target, nn.MSELoss() if loss is None else loss)
    shapes = {name: p.shape for name, p in network.named_parameters()}
    return SteppedBackpropagation(sheet, sheet.gradients(), parameters, shapes)


def _inputs(sheet: Worksheet, x: Tensor) -> list[str] | list[list[str]]:
    if x.ndim == 1:
        return [sheet.given(f"x{i}", value) for i, value in enumerate(x.tolist(), 1)]
    if x.ndim != 2:
        mend = "give one sample, without an axis for the batch"
        raise InputError("inputs must be (features) or (time, features)", str(tuple(x.shape)), mend)
    return [
        [sheet.given(f"x[t{t},{i}]", value) for i, value in enumerate(row, 1)]
        for t, row in enumerate(x.tolist(), 1)
    ]


def _layer(
    sheet: Worksheet,
    layer: nn.Module,
    prefix: str,
    number: int,
    names: list[Any],
    parameters: dict[str, list[str]],
) -> list[Any]:
    """Write down what one layer makes, and return the names of it."""
    if type(layer) in ACTIVATIONS:
        kind = ACTIVATIONS[type(layer)]
        return [sheet.activated(f"a{number}[{i}]", z, kind) for i, z in enumerate(names, 1)]
    if isinstance(layer, nn.Linear) and names and isinstance(names[0], str):
        weights = _matrix(sheet, f"w{number}", layer.weight, prefix + "weight", parameters)
        biases = _vector(sheet, f"b{number}", layer.bias, prefix + "bias", parameters)
        return _neurons(sheet, f"z{number}[", weights, names, biases)
    if isinstance(layer, Recurrent) and not layer.return_state and _is_plain(layer):
        return _recurrent(sheet, layer, prefix, number, names, parameters)
    mend = "linear layers, activations, and one Recurrent(ElmanCell) of a series without its state"
    raise InputError("a layer must be one that can be worked out here", type(layer).__name__, f"take {mend}")


def _is_plain(layer: Recurrent) -> bool:
    cells = list(layer.cells)
    plain = len(cells) == 1 and isinstance(cells[0], ElmanCell) and cells[0].activation is torch.tanh
    return plain and layer.backward_cells is None


def _recurrent(
    sheet: Worksheet,
    layer: Recurrent,
    prefix: str,
    number: int,
    steps: list[Any],
    parameters: dict[str, list[str]],
) -> list[Any]:
    cell = cast("ElmanCell", layer.cells[0])
    read = _matrix(sheet, f"w{number}", cell.weight_ih, f"{prefix}cells.0.weight_ih", parameters)
    recur = _matrix(sheet, f"u{number}", cell.weight_hh, f"{prefix}cells.0.weight_hh", parameters)
    first = _vector(sheet, f"b{number}", cell.bias_ih, f"{prefix}cells.0.bias_ih", parameters)
    second = _vector(sheet, f"d{number}", cell.bias_hh, f"{prefix}cells.0.bias_hh", parameters)
    state = [sheet.given(f"a{number}[t0,{i}]", 0.0) for i in range(1, len(read) + 1)]
    one = None if second is None else sheet.given(f"one{number}", 1.0)
    told = []
    for t, inputs in enumerate(steps, 1):
        rows = [w + u for w, u in zip(read, recur, strict=True)]
        inner = [*inputs, *state]
        if second is not None and one is not None:  # the second bias is the weight of an input of 1
            rows = [[*row, bias] for row, bias in zip(rows, second, strict=True)]
            inner = [*inner, one]
        sums = _neurons(sheet, f"z{number}[t{t},", rows, inner, first)
        state = [sheet.activated(f"a{number}[t{t},{i}]", z, "tanh") for i, z in enumerate(sums, 1)]
        told.append(state)
    return told if layer.return_sequences else state


def _neurons(
    sheet: Worksheet,
    name: str,
    weights: Sequence[Sequence[str]],
    inputs: Sequence[str],
    biases: Sequence[str] | None,
) -> list[str]:
    if any(len(row) != len(inputs) for row in weights):
        mend = "give what the first layer reads"
        raise InputError(f"a layer must read {len(weights[0])} numbers", str(len(inputs)), mend)
    made = []
    for i, row in enumerate(weights):
        bias = None if biases is None else biases[i]
        made.append(sheet.weighted(f"{name}{i + 1}]", list(zip(row, inputs, strict=True)), bias))
    return made


def _matrix(
    sheet: Worksheet, name: str, values: Tensor, key: str, parameters: dict[str, list[str]]
) -> list[list[str]]:
    rows = [
        [sheet.given(f"{name}[{i},{j}]", value) for j, value in enumerate(row, 1)]
        for i, row in enumerate(values.tolist(), 1)
    ]
    parameters[key] = [one for row in rows for one in row]
    return rows


def _vector(
    sheet: Worksheet, name: str, values: Tensor | None, key: str, parameters: dict[str, list[str]]
) -> list[str] | None:
    if values is None:
        return None
    parameters[key] = [sheet.given(f"{name}[{i}]", value) for i, value in enumerate(values.tolist(), 1)]
    return parameters[key]
