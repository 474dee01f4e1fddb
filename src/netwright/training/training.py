"""The recipe of a training run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from netwright.core.device import choose_device, choose_threads, use_threads
from netwright.core.errors import InputError
from netwright.training import choices
from netwright.training.batches import move
from netwright.training.callbacks import Callback, Checkpoint, EarlyStopping
from netwright.training.distribute import World, join_world, tell_losses
from netwright.training.engine import Engine
from netwright.training.feed import closed
from netwright.training.objective import Objective, Supervised
from netwright.training.planning import count_steps
from netwright.training.prepare import prepare
from netwright.training.randomness import isolated_streams
from netwright.training.record import Choice, Record
from netwright.training.run import Run
from netwright.training.samples import Rows, Samples, Steps
from netwright.training.streams import Stream
from netwright.training.work import step_work

PATIENCE = 16


@final
@dataclass(eq=False, repr=False)
class Training(BaseEstimator):  # type: ignore[misc]
    """The recipe by which a network learns; what is left at None is chosen, and the reason is recorded.

    Every estimator takes one as `training=`, and a grid search reaches its fields as `training__epochs`.

    Args:
        epochs: passes over the training rows, at most.
        batch_size: rows per step; the last short batch of an epoch is used too.
        learning_rate: given to the optimizer.
        optimizer: (parameters, lr=...) -> optimizer; the default is AdamW.
        schedule: (optimizer, steps) -> scheduler for a run of that many steps, stepped after each of them.
        loss: what replaces the estimator's own loss: (prediction, target) -> a loss per row or one number,
            or a whole `Objective`.
        validation: share of the rows that judges each epoch; 0 for none.
        sampler: gives rows more or less often, by their class; only training rows pass through it.
        callbacks: what the run is told besides; early stopping is there by default whenever there are
            validation rows, and one of the user's own takes its place.
        device: "auto", or a torch device.
        threads: for torch on the processor; chosen from the work per step.
        engine: how the loop computes; None for what suits the network and the machine.

    Raises:
        InputError: in a run, when a field does not fit the data.

    Example:
        >>> from netwright.training import TensorSamples
        >>> samples = TensorSamples(torch.randn(64, 3), torch.randn(64, 1))
        >>> network = nn.Linear(3, 1)
        >>> record = Training(epochs=2, batch_size=16).run(network, Supervised(nn.MSELoss()), samples)
        >>> len(record.epochs), record.steps_per_epoch
        (2, 4)
    """

    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: Callable[..., Optimizer] | None = None
    schedule: Callable[[Optimizer, int], LRScheduler] | None = None
    loss: Callable[[Tensor, Tensor], Tensor] | Objective | None = None
    validation: float | None = None
    sampler: Any = None
    callbacks: Sequence[Callback] = ()
    device: str = "auto"
    threads: int | None = None
    engine: Engine | None = None

    def run(
        self,
        network: nn.Module,
        objective: Objective,
        samples: Samples | Stream,
        validation: Samples | Stream | None = None,
        *,
        seed: int = 0,
        chosen: Sequence[Choice] = (),
    ) -> Record:
        """Train the network in place and return the record of the run.

        Args:
            network: any module.
            objective: its loss; `Training.loss` replaces it where set.
            samples: training rows, in memory or streamed.
            validation: rows that judge each epoch; when None, a random share of `samples` is set apart.
            seed: of the order of rows, dropout and whatever else is drawn; the user's streams stay untouched.
            chosen: choices that the caller has made already, for the record.

        Raises:
            InputError: when a field does not fit the data, or the loss does not stay finite.

        Example:
            >>> from netwright.training import TensorSamples
            >>> samples = TensorSamples(torch.randn(8, 3), torch.randn(8, 1))
            >>> Training(epochs=1).run(nn.Linear(3, 1), Supervised(nn.MSELoss()), samples).stopped
            'all 1 epochs were run'
        """
        with join_world(choose_device(self.device)) as world, tell_losses(world, self._last_checkpoint):
            return self._run(network, objective, samples, validation, seed, chosen, world)

    def _run(
        self,
        network: nn.Module,
        objective: Objective,
        samples: Samples | Stream,
        validation: Samples | Stream | None,
        seed: int,
        chosen: Sequence[Choice],
        world: World,
    ) -> Record:
        generator = torch.Generator().manual_seed(seed)
        recipe, made = self.complete(
            len(samples), validated=validation is not None, streamed=isinstance(samples, Stream)
        )
        if validation is None and recipe.validation:
            samples, validation = _split(samples, recipe.validation, generator)
        steps = Steps(
            len(samples),
            min(_positive(recipe, "batch_size"), len(samples)),
            smallest=max(_smallest(network), world.size),
        )
        device, example = choose_device(recipe.device), _example(samples)
        network.to(device)
        callbacks = recipe._callbacks(validated=validation is not None)
        kept = _read_checkpoint(callbacks, world)
        threads = recipe.threads or (
            choose_threads(step_work(network, move(example, device), steps.batch_size))
            if kept is None
            else kept["about"]["threads"]
        )
        record = Record(
            choices=[*chosen, *made],
            n_rows=len(samples),
            n_validation_rows=0 if validation is None else len(validation),
            batch_size=steps.batch_size,
            steps_per_epoch=steps.per_epoch,
            threads=threads,
        )
        epochs, objective = _positive(recipe, "epochs"), recipe._objective(objective)
        with (
            isolated_streams((seed + 1_000_003 * world.rank) % 2**63),
            use_threads(threads),
            prepare(
                network,
                objective,
                engine=recipe.engine or Engine(),
                callbacks=callbacks,
                optimizer=recipe.optimizer,
                learning_rate=recipe.learning_rate or 0.0,
                schedule=recipe.schedule,
                n_steps=count_steps(callbacks, epochs, steps),
                world=world,
                inputs=example,
            ) as machine,
        ):
            record.choices += machine.choices
            Run(
                objective=objective,
                samples=samples,
                validation=validation,
                steps=steps,
                epochs=epochs,
                callbacks=callbacks,
                record=record,
                generator=generator,
                machine=machine,
                seed=seed,
            ).train(kept)
        return record

    def complete(
        self, n_rows: int, *, validated: bool, streamed: bool = False
    ) -> tuple["Training", list[Choice]]:
        """Return the recipe with every open field chosen, and the choices with their reasons.

        Args:
            n_rows: rows that are given to the run.
            validated: whether validation rows are given apart from them.
            streamed: whether the rows are a stream, of which none can be set apart.

        Example:
            >>> Training().complete(1000, validated=False)[0].validation
            0.2
        """
        recipe, made = replace(self), []

        def fill(field: str, choice: Choice) -> None:
            if getattr(recipe, field) is None:
                setattr(recipe, field, choice.value)
                made.append(choice)

        if validated:
            recipe.validation = None
        else:
            fill("validation", choices.choose_validation(n_rows, streamed=streamed))
            n_rows -= round(n_rows * _share(recipe))
            validated = bool(recipe.validation)
        fill("batch_size", choices.choose_batch_size(n_rows))
        fill("epochs", choices.choose_epochs(n_rows, _positive(recipe, "batch_size"), validated=validated))
        fill("learning_rate", choices.choose_learning_rate())
        return recipe, made

    def _objective(self, objective: Objective) -> Objective:
        if self.loss is None:
            return objective
        return self.loss if isinstance(self.loss, Objective) else Supervised(self.loss)

    def _last_checkpoint(self) -> Path | None:
        paths = [callback.path for callback in self.callbacks if isinstance(callback, Checkpoint)]
        return next((path for path in paths if path.exists()), None)

    def _callbacks(self, *, validated: bool) -> list[Callback]:
        """The user's own, early stopping where it is due, and who hears last behind all others."""
        own = [callback for callback in self.callbacks if not callback.hears_last]
        if validated and not any(isinstance(callback, EarlyStopping) for callback in own):
            own.append(EarlyStopping(patience=PATIENCE))
        return own + [callback for callback in self.callbacks if callback.hears_last]


def _read_checkpoint(callbacks: Sequence[Callback], world: World) -> Any:
    """The state from which the run goes on, or None; the first process reads it for all."""
    checkpoints = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    if not checkpoints:
        return None
    return world.share(checkpoints[0].read() if world.is_first else None)


def _example(samples: Samples | Stream) -> Any:
    """Inputs of one row, by which their kind is known; what draws at that leaves no trace."""
    with torch.random.fork_rng(devices=[]):
        if isinstance(samples, Stream):
            with closed(samples.batches(Steps(1, 1))) as rows:
                row = next(rows)
        else:
            row = samples[torch.zeros(1, dtype=torch.int64)]
    return getattr(row, "inputs", None)


def _positive(recipe: Training, field: str) -> int:
    value = getattr(recipe, field)
    if not isinstance(value, int) or value < 1:
        raise InputError(f"{field} must be a whole number from 1", repr(value), "set it, or None to choose")
    return value


def _share(recipe: Training) -> float:
    share = recipe.validation or 0.0
    if not 0 <= share < 1:
        raise InputError(
            "validation must be a share from 0 to below 1", repr(share), "0.2 is usual, 0 is none"
        )
    return share


def _smallest(network: nn.Module) -> int:
    """A batch of one row has no variance, so batch normalisation must never meet it."""
    batch_norm = nn.modules.batchnorm._BatchNorm
    return 2 if any(isinstance(module, batch_norm) for module in network.modules()) else 1


def _split(samples: Samples | Stream, share: float, generator: torch.Generator) -> tuple[Samples, Samples]:
    if isinstance(samples, Stream):
        expected = "validation rows of a stream must be given to run(..., validation=...)"
        raise InputError(
            expected, f"the share {share}", "give a second stream, or set Training(validation=0)"
        )
    if not 0 < share < 1:
        raise InputError("validation must be a share between 0 and 1", repr(share), "0.2 is usual, 0 is none")
    order = torch.randperm(len(samples), generator=generator)
    n_validation = min(max(round(share * len(samples)), 1), len(samples) - 1)
    return Rows(samples, order[n_validation:]), Rows(samples, order[:n_validation])
