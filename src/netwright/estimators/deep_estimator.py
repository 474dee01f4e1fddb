"""The abstract estimator: reads, seeds, builds, trains and predicts; its subclasses say what and how."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.core.device import choose_device, choose_threads, use_threads
from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data import split_rows
from netwright.data.images.file_rows import FileRows
from netwright.estimators.heads import Head, HeadObjective, joined
from netwright.estimators.rows import learning_rows
from netwright.estimators.tables import admit_table
from netwright.training import Record, Samples, TensorSamples, Training
from netwright.training.batches import move
from netwright.training.distribute import join_world
from netwright.training.record import Choice
from netwright.training.samples import tell
from netwright.training.work import step_work

BLOCK = 256
"""Rows that are predicted at once. Blocks have one size, padded where need be, so that a row's answer has
the same bits whatever rows stand beside it. (Layers of under about 32 units may still round the last bit
by where a row lies in memory: that is how matrix products are written.)"""


class DeepEstimator(BaseEstimator, ABC):  # type: ignore[misc]
    """What all estimators share: how a network is fitted to rows, and asked about others.

    A final estimator is a dataclass with the fields `training` and `random_state` besides its own, and gives
    `read` and `build`. After `fit` it has `network_`, `head_`, `record_`, and `ahead_`: whether the latest
    rows judged the epochs, so that what is learned must hold ahead in time.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> model = MLPRegressor(hidden=(4,), training=Training(epochs=1), random_state=0)
        >>> isinstance(model, DeepEstimator)
        True
        >>> model.fit(np.eye(4), np.arange(4.0)).record_.batch_size
        4
    """

    training: Training | None
    random_state: Any
    network_: nn.Module
    head_: Head
    record_: Record
    sample_shape_: tuple[int, ...]
    ahead_: bool

    @abstractmethod
    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return what the network takes for these rows of X, a tensor or a samples object.

        Args:
            X: what the user gave.
            rows: row numbers, each once or more; all rows in their order when None.
            fitting: whether to learn first, from these rows alone, how X is read.
        """

    @abstractmethod
    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network.

        Args:
            sample: shape of one row of what `read` returns.
            n_outputs: numbers that the head wants for a row.
        """

    def admit(self, X: Any, *, fitting: bool = False) -> Any:
        """Check X and return it in the form that `read` takes: here a table; other inputs override this.

        Args:
            X: what the user gave.
            fitting: whether it is going to be learned from.

        Raises:
            ValueError: when X is no table.
        """
        return admit_table(X, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill fields of the recipe that this kind of network wants otherwise than others.

        Args:
            training: the user's recipe, open fields None.
            n_rows: rows to learn from.
        """
        return training, []

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        """Return inputs and targets as the samples of a run."""
        return TensorSamples(inputs, target, weight)

    def _prime(self, network: nn.Module, samples: Samples) -> None:
        """Give a fresh network what it must know of the training rows before its first step: here nothing."""

    def __sklearn_tags__(self) -> Any:
        """Say that tables with categories and with missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _learn(
        self,
        X: Any,
        target: Tensor,
        make_head: Callable[[Tensor], Head],
        *,
        sample_weight: Any = None,
        weigh: Callable[[np.ndarray], np.ndarray] | None = None,
        classes: np.ndarray | None = None,
        groups: Any = None,
        time: Any = None,
    ) -> Self:
        """Fit the network to targets in the estimator's own units.

        `make_head` sees the training targets alone; `classes`, one for each row, stratifies the split
        and feeds samplers; `weigh` gives for rows, repetitions included, what multiplies their weights.
        """
        self._check(len(target), groups=groups, time=time)
        rows, weight = learning_rows(X, target.numpy(), sample_weight)
        if weigh is not None:
            weight = weigh(rows) * (1.0 if weight is None else weight)
        self.ahead_ = time is not None
        seed = self._seed()
        training, chosen = self.settle(self.training or Training(), len(rows))
        recipe, made = training.complete(len(rows), validated=False)
        learn, judge = _split(rows, recipe.validation or 0.0, classes, groups, time, seed)
        if recipe.sampler is not None:
            sampled = recipe.sampler.rows(_known(classes)[rows[learn]], np.random.default_rng(seed))
            self.read(X, rows=rows[learn], fitting=True)
            learn = learn[sampled]
            inputs = self.read(X, rows=rows[learn])
        else:
            inputs = self.read(X, rows=rows[learn], fitting=True)
        head = make_head(target[rows[learn]])
        samples = self._gather(inputs, head.encode(target[rows[learn]]), _relative(weight, learn))
        validation: Samples | None = None
        if len(judge):
            read = self.read(X, rows=rows[judge])
            validation = self._gather(read, head.encode(target[rows[judge]]), _relative(weight, judge))
        self.head_ = head
        self.sample_shape_ = tuple(inputs.shape[1:])
        with isolated_seed(seed):
            network = self.build(torch.Size(self.sample_shape_), head.n_outputs)
            self._prime(network, samples)
        recipe.validation = 0 if validation is None else recipe.validation
        self.record_ = recipe.run(
            network, HeadObjective(head), samples, validation, seed=seed, chosen=[*chosen, *made]
        )
        self.network_ = laid_out(network.cpu().eval())
        return self

    def _seed(self) -> int:
        """Draw the seed of a fit; the first of several processes draws for all, so that they split alike."""
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        with join_world(choose_device((self.training or Training()).device)) as world:
            return world.share(seed)

    def _check(self, n_rows: int, **columns: Any) -> None:
        if not isinstance(self.training, Training | None):
            raise InputError(
                "training must be a Training or None", repr(self.training), "Training(epochs=30)"
            )
        for name, values in columns.items():
            if values is not None and len(values) != n_rows:
                raise InputError(
                    f"{name} must have {n_rows} values", str(len(values)), "give one for each row"
                )

    def _outputs(self, X: Any) -> Tensor:
        """Return the network's outputs for all rows, (rows, outputs), in float64 on the processor."""
        return self._ask(X, lambda block: joined(self.head_, self.network_(block).double()))

    def _ask(self, X: Any, answer: Callable[[Any], Tensor]) -> Tensor:
        """Return, on the processor, what a function of the network's makes of all rows, block by block."""
        check_is_fitted(self)
        X = self.admit(X)
        validate_data(self, X, skip_check_array=True, reset=False)
        return self._ask_inputs(self.read(X), answer)

    def _ask_inputs(self, inputs: Any, answer: Callable[[Any], Tensor]) -> Tensor:
        """Do the same for what has been read."""
        n_rows = len(inputs)
        blocks = []
        first = inputs[torch.zeros(1, dtype=torch.int64)] if isinstance(inputs, FileRows) else inputs
        tell(inputs, torch.arange(n_rows))
        with self._ready(first) as device:
            for start in range(0, n_rows, BLOCK):
                rows = torch.arange(start, start + BLOCK).clamp_(max=n_rows - 1)
                block = inputs.index_select(0, rows) if isinstance(inputs, Tensor) else inputs[rows]
                blocks.append(answer(move(block, device))[: n_rows - start].cpu())
        return torch.cat(blocks)

    @contextmanager
    def _ready(self, inputs: Any) -> Iterator[torch.device]:
        training = self.training or Training()
        device = choose_device(training.device)
        threads = training.threads or choose_threads(step_work(self.network_, inputs, BLOCK) / 3)
        if device.type != "cpu":  # where it rests; a walk over all modules takes a third of one row's time
            self.network_.to(device)
        try:
            with torch.inference_mode(), use_threads(threads):
                yield device
        finally:
            if device.type != "cpu":
                self.network_.cpu()


def laid_out(network: nn.Module) -> nn.Module:
    """Return a network whose kernels for images lie channels last, as fitting and loading leave them alike.

    The bits of an answer depend on the layout, and predictions are faster so.

    Args:
        network: fitted or loaded.

    Example:
        >>> laid_out(nn.Conv2d(2, 2, 3)).weight.is_contiguous(memory_format=torch.channels_last)
        True
    """
    if any(isinstance(module, nn.Conv2d) for module in network.modules()):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _split(
    rows: np.ndarray, share: float, classes: np.ndarray | None, groups: Any, time: Any, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split positions in `rows` into those to learn from and those to judge by."""
    if not share:
        return np.arange(len(rows)), np.arange(0)
    taken = {"y": classes, "groups": groups, "time": time}
    parts = {name: np.asarray(values)[rows] for name, values in taken.items() if values is not None}
    if "groups" in parts or "time" in parts:
        parts.pop("y", None)
    return split_rows(len(rows), fraction=share, random_state=seed, **parts)


def _relative(weight: np.ndarray | None, rows: np.ndarray) -> Tensor | None:
    """Weights relative to their mean over these rows."""
    if weight is None:
        return None
    mine = weight[rows]
    return torch.as_tensor(mine / (mine.mean() or 1.0), dtype=torch.float32)


def _known(classes: np.ndarray | None) -> np.ndarray:
    if classes is None:
        raise InputError(
            "a sampler must have one class a row, each in several rows",
            "numbers, several labels, or a class that is hardly ever the likeliest",
            "set Training(sampler=None)",
        )
    return classes
