"""The contract of layers and whole networks: what any tensor-to-tensor module owes its user."""

import copy
import pickle
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from netwright.contracts.claims import claim, name_of


def check_layer(
    layer: nn.Module,
    *inputs: Tensor,
    shape: Sequence[int],
    rows_independent: bool = True,
    deterministic: bool = True,
    double: bool = True,
    tolerance: float = 1e-4,
) -> None:
    """Claim that a module keeps the layer contract, on copies of it.

    Use it in the tests of a layer or network of your own. It checks the output's shape and that it is
    finite; a finite gradient for every parameter; the same answer twice in eval mode; float32 close to
    float64; pickling; that a state dict carries all that was learned; and that a row's answer does not depend
    on its batch. What a technique rightly breaks is named, as `rows_independent=False` for a layer that
    compares rows.

    Args:
        layer: under test; it is left as it was.
        inputs: tensors with the batch in front, two rows or more.
        shape: of the output.
        rows_independent: whether each row's answer is its own, in eval mode.
        deterministic: whether eval mode gives the same twice.
        double: whether it also computes in float64.
        tolerance: how close float32 must be to float64, relative and absolute.

    Raises:
        AssertionError: in one sentence that names the layer and what broke.

    Example:
        >>> check_layer(nn.Linear(3, 2), torch.randn(4, 3), shape=(4, 2))
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        answer = _answer(layer, inputs)
        claim(
            tuple(answer.shape) == tuple(shape),
            layer,
            f"gives shape {tuple(answer.shape)}, not {tuple(shape)}",
        )
        claim(bool(answer.isfinite().all()), layer, "gives numbers that are not finite")
        _gradients(layer, inputs)
        if deterministic:
            _repeats(layer, inputs, answer)
            _pickles(layer, inputs, answer)
            _restores(layer, inputs)
        if deterministic and double:
            _doubles(layer, inputs, answer, tolerance)
        if deterministic and rows_independent:
            _rows(layer, inputs, answer)


def _answer(layer: nn.Module, inputs: Sequence[Tensor]) -> Tensor:
    with torch.no_grad():
        answer = copy.deepcopy(layer).eval()(*inputs)
    claim(isinstance(answer, Tensor), layer, f"must give one tensor, gave {type(answer).__name__}")
    return torch.as_tensor(answer)


def _gradients(layer: nn.Module, inputs: Sequence[Tensor]) -> None:
    trained = copy.deepcopy(layer).train()
    answer = trained(*inputs)
    wanted = {name: p for name, p in trained.named_parameters() if p.requires_grad}
    if not wanted:
        return
    claim(answer.requires_grad, layer, "cuts the gradient: its output depends on no parameter")
    (answer * torch.randn_like(answer)).sum().backward()
    for name, parameter in wanted.items():
        claim(parameter.grad is not None, layer, f"gives no gradient to its parameter {name}")
        finite = parameter.grad is not None and bool(parameter.grad.isfinite().all())
        claim(finite, layer, f"gives a gradient that is not finite to its parameter {name}")


def _repeats(layer: nn.Module, inputs: Sequence[Tensor], answer: Tensor) -> None:
    same = torch.equal(_answer(layer, inputs), answer)
    claim(same, layer, "gives another answer the second time in eval mode")


def _doubles(layer: nn.Module, inputs: Sequence[Tensor], answer: Tensor, tolerance: float) -> None:
    precise = [x.double() if x.is_floating_point() else x for x in inputs]
    try:
        expected = _answer(copy.deepcopy(layer).double(), precise)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise AssertionError(f"{name_of(layer)} fails in float64; register its tensors: {reason}") from error
    claim(expected.dtype == torch.float64, layer, f"gives {expected.dtype} for inputs and weights in float64")
    close = torch.allclose(answer.double(), expected, rtol=tolerance, atol=tolerance)
    claim(close, layer, f"differs by {_distance(answer, expected):.2g} between float32 and float64")


def _pickles(layer: nn.Module, inputs: Sequence[Tensor], answer: Tensor) -> None:
    try:
        again = pickle.loads(pickle.dumps(layer))  # noqa: S301
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise AssertionError(f"{name_of(layer)} cannot be pickled: {error}") from error
    claim(torch.equal(_answer(again, inputs), answer), layer, "gives another answer after pickling")


def _restores(layer: nn.Module, inputs: Sequence[Tensor]) -> None:
    trained = copy.deepcopy(layer).train()
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        trained(*inputs)  # moves running statistics
    restored = copy.deepcopy(layer)
    restored.load_state_dict(trained.state_dict())
    same = torch.equal(_answer(restored, inputs), _answer(trained, inputs))
    claim(same, layer, "keeps something learned outside its state_dict; register it as a parameter or buffer")


def _rows(layer: nn.Module, inputs: Sequence[Tensor], answer: Tensor) -> None:
    n_rows = len(inputs[0])
    for row in range(n_rows):
        alone = _answer(layer, [x[row : row + 1] for x in inputs])
        close = torch.allclose(alone[0], answer[row], rtol=1e-4, atol=1e-5)
        claim(close, layer, f"gives row {row} another answer alone than in its batch of {n_rows}")


def _distance(one: Tensor, other: Tensor) -> float:
    return float((one.double() - other.double()).abs().max())
