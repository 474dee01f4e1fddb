"""Many passes of a network with its dropout on; what stands before the first dropout is computed once."""

import copy
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.device import choose_device
from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.layers.bayesian.gaussian_weights import GaussianWeights
from netwright.training.batches import move
from netwright.training.layer_answers import find_layer
from netwright.training.random_bytes import ByteDropout, Stream
from netwright.training.samples import Batch, tell
from netwright.training.tape import Tape

SHARES = ("dropout", "drop_prob")
"""Under which names modules keep the share that they themselves drop."""


@final
class DropoutPasses:
    """Asks a network many times with its dropout left on, each time with other units silent.

    Use it for the spread of what a trained network may answer; `dropout_passes` does it for many rows, and
    `netwright.uncertainty.MCDropout` for estimators. Everything but dropout is in evaluation mode. What the
    network computes before its first dropout is the same in every pass and is computed once; masks are made
    of random bytes. The network itself is not touched: the passes are those of a copy that shares its
    weights. Dropout is what is called so, in torch, here and elsewhere, also inside of recurrent and of
    attention layers; Gaussian weights, as of `BayesianLinear`, are drawn in the same way.

        y_t = f(x; W, mask_t),   t = 1 .. n_passes

    Args:
        network: any module with dropout.
        n_passes: times that it is asked.
        seed: of the masks.
        held: a part, by its name or itself, whose own dropout is drawn once a call and held in all passes.

    Raises:
        InputError: when nothing is dropped, n_passes is below 1, or there is no such part.

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
        >>> DropoutPasses(network, n_passes=10)(torch.ones(5, 3)).shape
        torch.Size([10, 5, 2])

    Source:
        Gal and Ghahramani (2015), "Dropout as a Bayesian Approximation: Representing Model Uncertainty in
        Deep Learning", arXiv:1506.02142; recurrent nets: Gal and Ghahramani (2015), "A Theoretically Grounded
        Application of Dropout in Recurrent Neural Networks", arXiv:1512.05287.
    """

    def __init__(
        self,
        network: nn.Module,
        n_passes: int = 100,
        seed: int = 0,
        held: str | nn.Module | None = None,
    ) -> None:
        if n_passes < 1:
            raise InputError("n_passes must be at least 1", str(n_passes), "100 is usual")
        names = {id(module): name for name, module in network.named_modules()}
        part = None if held is None else names[id(find_layer(network, held))]
        self.n_passes, self.seed = n_passes, seed
        self._calls, self._tape = 0, Tape()
        self._network = _sharing_copy(network)
        own = None if part is None else self._network.get_submodule(part)
        _lay_out(self._network, self._tape, Stream(seed), own)

    def __call__(self, inputs: Any, answer: Callable[[Any], Tensor] | None = None) -> Tensor:
        """Return the answers of all passes, (passes, rows, ...).

        Args:
            inputs: of one batch, which passes the network as it is.
            answer: makes a tensor of what the network gives; None where that is one already.
        """
        self._calls += 1
        # versions of tensors, by which the tape sees changes in place, are not counted in inference mode
        with torch.inference_mode(mode=False), torch.no_grad(), isolated_seed(self.seed + self._calls):
            passes = self._tape.passes(self._network, inputs, self.n_passes)
            return torch.stack([outputs if answer is None else answer(outputs) for outputs in passes])


def dropout_passes(
    network: nn.Module,
    inputs: Any,
    *,
    n_passes: int = 100,
    seed: int = 0,
    batch_size: int = 256,
    device: str | torch.device | None = None,
    reduce: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Return what a network answers in many passes with its dropout on, for all rows.

    Use it for networks of your own. Blocks of rows pass one after the other, so that what they share stays in
    the processor's cache; larger batches, or many passes in one batch, are not faster.

    Args:
        network: any module with dropout; it is left as it is.
        inputs: a tensor, or samples of inputs or of whole batches.
        n_passes: times that it is asked.
        seed: of the masks.
        batch_size: rows that pass the network together.
        device: where it computes; None for where the network is.
        reduce: makes (something, rows, ...) of the passes of a block, (passes, rows, ...), such as their mean
            and variance, where all passes would be too much to keep.

    Returns:
        The answers, (passes, rows, ...), or what `reduce` made of them, on the processor.

    Raises:
        InputError: when nothing is dropped, or there are no rows.

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
        >>> passes = dropout_passes(network, torch.ones(5, 3), n_passes=20)
        >>> passes.mean(0).shape, bool((passes.std(0) > 0).all())
        (torch.Size([5, 1]), True)

    Source:
        Gal and Ghahramani (2015), "Bayesian Convolutional Neural Networks with Bernoulli Approximate
        Variational Inference", arXiv:1506.02158.
    """
    n_rows = len(inputs)
    if not n_rows or batch_size < 1:
        came = f"{n_rows} rows and {batch_size}"
        raise InputError("there must be rows, and a batch_size of at least 1", came, "give both")
    home = next((p.device for p in network.parameters()), torch.device("cpu"))
    place = home if device is None else choose_device(str(device))
    network.to(place)
    tell(inputs, torch.arange(n_rows))
    try:
        passes, blocks = DropoutPasses(network, n_passes, seed), []
        for rows in torch.arange(n_rows).split(batch_size):  # type: ignore[no-untyped-call]
            batch = inputs.index_select(0, rows) if isinstance(inputs, Tensor) else inputs[rows]
            answers = passes(move(batch.inputs if isinstance(batch, Batch) else batch, place))
            blocks.append((answers if reduce is None else reduce(answers)).cpu())
    finally:
        network.to(home)
    return torch.cat(blocks, 1)


def drops(module: nn.Module) -> bool:
    """Whether a module itself silences units at random in training, or draws its weights.

    Args:
        module: any.

    Example:
        >>> drops(nn.Dropout(0.5)), drops(nn.Dropout(0.0)), drops(nn.LSTM(2, 2, 2, dropout=0.1))
        (True, False, True)
    """
    found = vars(module)
    if isinstance(module, GaussianWeights) or _share(found.get("recurrent_dropout")):
        return True
    if "drop" in type(module).__name__.lower():
        return any(_share(found.get(name)) for name in ("p", *SHARES))
    inside = any("drop" in type(child).__name__.lower() for child in module.children())
    return not inside and any(_share(found.get(name)) for name in SHARES)


def _share(value: Any) -> bool:
    return isinstance(value, float) and value > 0


def _sharing_copy(network: nn.Module) -> nn.Module:
    """A copy of the modules whose tensors are the network's own."""
    shared: dict[int, Any] = {id(t): t for t in (*network.parameters(), *network.buffers())}
    for module in network.modules():
        shared |= {id(value): value for value in vars(module).values() if isinstance(value, Tensor)}
    return copy.deepcopy(network, shared)


def _lay_out(network: nn.Module, tape: Tape, stream: Stream, held: nn.Module | None) -> None:
    """Turn dropout on, let the first one end the tape, and put all that has none on it."""
    network.eval()
    dropping = [module for module in network.modules() if drops(module)]
    inside = set() if held is None else {id(module) for module in held.modules()}
    if not [module for module in dropping if id(module) not in inside]:
        mend = "build it with dropout, such as dropout=0.2"
        came = "none" if held is None else "none outside of what is held"
        raise InputError("the network must have dropout above 0", came, mend)
    active = {id(module) for module in dropping}
    for module in network.modules():
        if getattr(module, "inplace", False) is True:
            setattr(module, "inplace", False)  # noqa: B010  (mypy takes a module's attributes for tensors)
        fast = isinstance(module, nn.TransformerEncoderLayer) and _any_inside(module, active)
        if id(module) in active or fast:  # torch's fast path for such layers leaves dropout out
            module.training = True
        if isinstance(module, GaussianWeights):
            module.sampling = True
    for module in dropping:
        if type(module) is nn.Dropout:
            module.forward = ByteDropout(module.p, stream)  # type: ignore[assignment]
    _record(network, tape, active, held)


def _any_inside(module: nn.Module, active: set[int]) -> bool:
    return any(id(part) in active for part in module.modules())


def _record(module: nn.Module, tape: Tape, active: set[int], held: nn.Module | None) -> None:
    """Put the largest parts without dropout on the tape, and let dropout end it."""
    if module is held or not _any_inside(module, active):
        tape.take(module)
        return
    if id(module) in active:
        module.register_forward_pre_hook(tape.close, prepend=True)
        return
    children = list(dict.fromkeys(module.children()))
    if type(module) is nn.Sequential and held is None and len(children) == len(module):
        lead = next(place for place, child in enumerate(children) if _any_inside(child, active))
        if lead:
            tape.take_lead(module, children[:lead], children[lead:])
            children = children[lead:]
    for child in children:
        _record(child, tape, active, held)
