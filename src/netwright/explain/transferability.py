"""How general each layer of a network is: what its first n layers are worth for another task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import final

from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.training import Freezing, Supervised, TensorSamples, Training, predict

Labelled = tuple[Tensor, Tensor]
"""Inputs, and the numbers of their classes."""


@final
@dataclass(frozen=True)
class Transferability:
    """Accuracies on the target task; entry n - 1 of each curve with the first n blocks taken over.

    Args:
        scratch: of a network that has learned the target task alone.
        frozen: AnB, blocks of the base network that stay as they are.
        tuned: AnB+, blocks of the base network that learn on.
        own_frozen: BnB, blocks of the target network itself that stay: below `scratch` where neighbouring
            layers had learned together what the ones behind cannot learn again.
        own_tuned: BnB+, blocks of the target network that learn on.

    Example:
        >>> Transferability(0.9, (0.9, 0.7), (0.9, 0.9), (0.9, 0.9), (0.9, 0.9)).frozen[1]
        0.7
    """

    scratch: float
    frozen: tuple[float, ...]
    tuned: tuple[float, ...]
    own_frozen: tuple[float, ...]
    own_tuned: tuple[float, ...]


def transferability_probe(
    build: Callable[[int], nn.Module],
    base: Labelled,
    target: Labelled,
    test: Labelled,
    blocks: Sequence[str],
    *,
    training: Training | None = None,
    random_state: int = 0,
) -> Transferability:
    """Return what the first n blocks of a network that has learned one task are worth for another.

    Use it before transfer, to decide how deep to freeze: as long as `frozen` keeps up with `scratch`, the
    blocks are general; where it falls and `tuned` does not, they belong to the base task and should learn on.
    Four networks are trained for each block, and two before.

        AnB: blocks 1 to n of A, which has learned the base task, the rest at random; trained on the target
        BnB: the same of B, which has learned the target task

    Args:
        build: makes a network for a number of classes.
        base: inputs and classes, from 0, of the task that is learned first.
        target: of the other task.
        test: of the other task, for the accuracies.
        blocks: names of modules, from the input on, as `named_modules` gives them.
        training: the recipe of every network; None for automatic choices.
        random_state: seed of initial weights and of training.

    Raises:
        InputError: when no block is named, or a name is none of the network's.

    Example:
        >>> import torch
        >>> def build(n_outputs):
        ...     return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, n_outputs))
        >>> X = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
        >>> base, target = (X, (X[:, 0] > 0).long()), (X, (X[:, 1] > 0).long())
        >>> found = transferability_probe(build, base, target, target, ["0"], training=Training(epochs=2))
        >>> len(found.frozen)
        1

    Source:
        Yosinski et al. (2014), "How transferable are features in deep neural networks?", arXiv:1411.1792.
    """
    recipe = training or Training()
    known = dict(build(2).named_modules())
    unknown = [name for name in blocks if name not in known]
    if unknown or not blocks:
        mend = f"such as {', '.join([name for name in known if name][:8])}"
        raise InputError("blocks must be names of the network", repr(unknown or list(blocks)), mend)

    def learned(task: Labelled, given: dict[str, nn.Module], kept: Sequence[str], seed: int) -> nn.Module:
        with isolated_seed(seed):
            network = build(int(task[1].max()) + 1)
        for name, block in given.items():
            network.get_submodule(name).load_state_dict(block.state_dict())
        still = [Freezing(list(kept))] if kept else []
        own = replace(recipe, callbacks=[*recipe.callbacks, *still])
        own.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(*task), seed=seed)
        return network

    def score(network: nn.Module) -> float:
        return float((predict(network, test[0]).argmax(1) == test[1]).float().mean())

    def curve(source: nn.Module, *, frozen: bool) -> tuple[float, ...]:
        scores = []
        for n in range(1, len(blocks) + 1):
            given = {name: source.get_submodule(name) for name in blocks[:n]}
            scores.append(score(learned(target, given, blocks[:n] if frozen else (), random_state + 2)))
        return tuple(scores)

    first, second = learned(base, {}, (), random_state), learned(target, {}, (), random_state + 1)
    curves = [curve(source, frozen=frozen) for source in (first, second) for frozen in (True, False)]
    return Transferability(score(second), *curves)
