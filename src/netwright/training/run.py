"""One run of the loop: its state, and what happens in each epoch."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.objective import Objective, Player
from netwright.training.record import Record
from netwright.training.samples import Samples, Steps

ROWS_AT_ONCE = 1024
"""Validation rows that pass the network together, where training batches are not larger themselves."""


class Run:
    """The state of one training run, which callbacks see and may change.

    Args:
        network: what is trained; batches go to the device that it is on.
        objective: the losses and the players.
        samples: training rows.
        validation: rows that judge each epoch, or None.
        players: who moves what, each with its optimizer and its schedule or None.
        steps: how an epoch is cut into batches.
        epochs: how many epochs there are at most.
        callbacks: who hears of the events.
        record: what is filled.
        generator: draws the order of the rows.

    Attributes:
        epoch: the running epoch, from 1.
        values: what has been measured in this epoch.
        device: where batches go.

    Example:
        >>> from netwright.training import Callback, Supervised, TensorSamples, Training
        >>> class Tell(Callback):
        ...     def on_epoch_end(self, run):
        ...         print(f"epoch {run.epoch} of {run.epochs}: {run.steps.per_epoch} steps")
        >>> samples = TensorSamples(torch.zeros(8, 2), torch.zeros(8, 1))
        >>> training = Training(epochs=1, batch_size=4, callbacks=[Tell()])
        >>> _ = training.run(nn.Linear(2, 1), Supervised(nn.MSELoss()), samples)
        epoch 1 of 1: 2 steps
    """

    def __init__(
        self,
        *,
        network: nn.Module,
        objective: Objective,
        samples: Samples,
        validation: Samples | None,
        players: Sequence[tuple[Player, Optimizer, LRScheduler | None]],
        steps: Steps,
        epochs: int,
        callbacks: Sequence[Callback],
        record: Record,
        generator: torch.Generator,
    ) -> None:
        self.network, self.objective = network, objective
        self.samples, self.validation = samples, validation
        self.players, self.steps, self.epochs = players, steps, epochs
        self.callbacks, self.record = callbacks, record
        self.generator = generator
        self.device = next((p.device for p in network.parameters()), torch.device("cpu"))
        self.epoch = 0
        self.values: dict[str, float] = {}
        self._outputs: tuple[int, Any] = (0, None)
        self._hear_gradients = self._listeners("on_gradients")
        self._hear_steps = self._listeners("on_step_end")

    def stop(self, reason: str) -> None:
        """End the run: after this step when called during one, else after this epoch.

        Args:
            reason: why, in words, for the record; the first reason counts.
        """
        self.record.stopped = self.record.stopped or reason

    def validation_outputs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return truth and prediction of all validation rows, computed once per epoch."""
        epoch, outputs = self._outputs
        if epoch != self.epoch or outputs is None:
            self._evaluate()
        truth, prediction = self._outputs[1]
        return truth, prediction

    def train(self) -> None:
        """Run all epochs."""
        started: list[Callback] = []
        try:
            for callback in self.callbacks:
                callback.on_start(self)
                started.append(callback)
            while self.epoch < self.epochs and not self.record.stopped:
                self.epoch += 1
                self._one_epoch()
            self.stop(f"all {self.epochs} epochs were run")
        finally:
            self.network.eval()
            for callback in started:
                callback.on_end(self)
        self.record.best_epoch = self.record.best_epoch or self.epoch

    def _one_epoch(self) -> None:
        start = time.perf_counter()
        rate = self.players[0][1].param_groups[0]["lr"]
        for callback in self.callbacks:
            callback.on_epoch_start(self)
        losses = self._train_epoch()
        self.values = {"epoch": self.epoch, **losses, "learning_rate": float(rate)}
        if self.validation is not None:
            self.values["validation_loss"] = self._evaluate()
        for callback in self.callbacks:
            callback.on_measure(self)
        self.record.seconds.append(time.perf_counter() - start)
        self.record.epochs.append(self.values)
        if not np.isfinite(self.values["loss"]):
            self._give_up()
            return
        for callback in self.callbacks:
            callback.on_epoch_end(self)

    def _train_epoch(self) -> dict[str, float]:
        """Take one step per batch; the losses are summed on the device and read once."""
        self.network.train()
        order = torch.randperm(len(self.samples), generator=self.generator)
        totals = torch.zeros(len(self.players), dtype=torch.float64, device=self.device)
        seen = 0
        for first, last in self.steps.bounds():
            batch = move(self.samples[order[first:last]], self.device)
            n_rows = self.objective.n_rows(batch)
            seen += n_rows
            for place, (player, optimizer, schedule) in enumerate(self.players):
                for _ in range(player.steps):
                    loss = self._step(player, optimizer, batch)
                    if schedule is not None:
                        schedule.step()
                totals[place] += loss * n_rows
            for callback in self._hear_steps:
                callback.on_step_end(self)
            if self.record.stopped:
                break
        means = (totals / max(seen, 1)).tolist()
        names = ["loss"] + [f"{player.name}_loss" for player, _, _ in self.players[1:]]
        return dict(zip(names, means, strict=True))

    def _step(self, player: Player, optimizer: Optimizer, batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = player.loss(self.network, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        for callback in self._hear_gradients:
            callback.on_gradients(self, player)
        optimizer.step()
        return loss.detach()

    def _evaluate(self) -> float:
        """Return the validation loss and keep truth and prediction for the metrics."""
        assert self.validation is not None  # noqa: S101  (callers ask first)
        self.network.eval()
        total, seen, truths, predictions = 0.0, 0, [], []
        with torch.inference_mode():
            for rows in torch.arange(len(self.validation)).split(max(self.steps.batch_size, ROWS_AT_ONCE)):  # type: ignore[no-untyped-call]
                batch = move(self.validation[rows], self.device)
                n_rows = self.objective.n_rows(batch)
                total += float(self.objective.loss(self.network, batch)) * n_rows
                seen += n_rows
                truths.append(self.objective.truth(batch).cpu())
                predictions.append(self.objective.predict(self.network, batch).cpu())
        self._outputs = (self.epoch, (torch.cat(truths).numpy(), torch.cat(predictions).numpy()))
        return total / seen

    def _give_up(self) -> None:
        if self.record.best_epoch:
            self.stop(f"the loss was {self.values['loss']} in epoch {self.epoch}; the best epoch was kept")
            return
        raise InputError(
            "the training loss must stay finite",
            f"{self.values['loss']} in epoch {self.epoch}",
            "lower learning_rate, add GradientClipping, or scale the inputs",
        )

    def _listeners(self, event: str) -> list[Any]:
        return [c for c in self.callbacks if getattr(type(c), event) is not getattr(Callback, event)]


def move(batch: Any, device: torch.device) -> Any:
    """Return the batch with every tensor in it on the device.

    Args:
        batch: a tensor, a tuple, list or dictionary of batches, or anything else, which stays as it is.
        device: where to.

    Example:
        >>> move((torch.zeros(1), None), torch.device("cpu"))
        (tensor([0.]), None)
    """
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(move(part, device) for part in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(move(part, device) for part in batch)
    if isinstance(batch, dict):
        return {name: move(part, device) for name, part in batch.items()}
    return batch
