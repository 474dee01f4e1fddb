"""The abstract forecaster: series in, the steps ahead out, with bands that hold what they promise."""

from abc import ABC
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data.series.scaling import TanhScaler
from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.forecasting.bands import Calibration, calibrated, quantile_of
from netwright.estimators.forecasting.learning import (
    Asked,
    both,
    check_length,
    choose_gate,
    first_lines,
    judged_from,
    mixture_of,
    parts_between,
    recipe_of,
    refitted,
    settle,
    three_sides,
)
from netwright.estimators.forecasting.line import FittedLine, ahead_of, from_scale, to_scale
from netwright.estimators.forecasting.looking import (
    check_ahead,
    joined,
    looks_at,
    panel_like,
    rows_first,
    scaler_of,
)
from netwright.estimators.forecasting.panel import Panel, read_panel
from netwright.estimators.forecasting.samples import KnownSteps, Look
from netwright.estimators.heads import RegressionHead
from netwright.training import Choice, Record, TensorSamples, Training

SHARE = 0.3
"""Of the steps, the latest, by which mixture, network and bands are judged."""
MOST_ERRORS = 1000
"""Of one line, the latest ones, by which bands are calibrated."""


class DeepForecaster(DeepEstimator, ABC):
    """What all forecasters share: series become windows, the steps ahead are forecast, bands are calibrated.

    Statistical paths forecast first: exponential smoothing with a damped trend and a season, in the scale
    that suits, regressions on lags and covariates, the last season or the drift. They are mixed by their
    errors on the latest 30 % of the training steps, which they have not seen. The network adds what they
    miss: its best epoch is chosen on the earlier half of those steps, and it is let in as far as that helps
    on the later half too. The bands are calibrated by what is missed on all of them, where series are short
    by paths that were fitted again on the way. At the end the paths are fitted again to all steps.

    A final forecaster is a dataclass with the fields `horizon`, `window`, `season`, `training` and
    `random_state` besides its own, and gives `build`: a network from windows, (batch, window + horizon,
    features), to (batch, members, horizon). After `fit` it has `lines_`, `window_`, `gate_`, `calibrations_`
    and `record_`.

    Example:
        >>> from netwright.sequence import RecurrentForecaster
        >>> year = np.tile([3.0, 1.0, 2.0, 5.0], 15) + np.arange(60)
        >>> model = RecurrentForecaster(horizon=4, random_state=0).fit(year)
        >>> isinstance(model, DeepForecaster), model.predict().round(1).tolist()
        (True, [63.0, 62.0, 64.0, 68.0])
        >>> lower, upper = model.predict_interval(0.9)
        >>> bool((lower <= upper).all())
        True
    """

    simple: ClassVar[bool] = False
    gated: ClassVar[bool] = True
    horizon: int
    window: int | None
    season: int | None
    panel_: Panel
    lines_: list[FittedLine]
    calibrations_: list[Calibration]
    window_: int
    steps_: int
    gate_: float
    scaler_: TanhScaler | None

    def fit(self, y: Any, X: Any = None) -> Self:
        """Fit to one or many series.

        Args:
            y: (time), (time, targets), a list of (time) arrays, a pandas object with dates, or what
                `netwright.data.read_series` gives; NaN where missing.
            X: covariates that are known ahead, (time, covariates) or a list of such.

        Raises:
            ValueError: when the series cannot be used; the message says what to do.
        """
        if not isinstance(self.horizon, int) or self.horizon < 1:
            raise InputError("horizon must be a whole number from 1", repr(self.horizon), "such as 12")
        self._check(0)
        panel = read_panel(y, X)
        check_length(panel, self.horizon)
        share = (self.training or Training()).validation or SHARE
        asked = Asked(self._steps(), self.window, self.season, self._simple(), share)
        self.panel_, self.steps_, self.gate_ = panel, asked.horizon, 1.0
        self.scaler_ = scaler_of(panel, asked)
        seasons, self.window_, choices = settle(panel, asked)
        self.lines_ = first_lines(panel, seasons, self.window_, asked)
        ends = [judged_from(len(line), asked.horizon, asked.share) for line in panel.lines]
        looks = self._looks(panel)
        self._train(looks, ends, choices)
        self.calibrations_ = self._calibrate(looks, ends, asked)
        self.lines_ = refitted(panel, self.lines_, self.window_, asked, [len(y) for y in panel.lines])
        return self

    def predict(self, horizon: int | None = None, *, y: Any = None, X: Any = None) -> Any:
        """Return the forecasts of the steps ahead, (horizon), (horizon, targets) or a list, as y is.

        Args:
            horizon: steps ahead; beyond those of `fit` forecasts are taken for what was seen.
            y: other series, or the same gone on, as many as in `fit`; None for those of `fit`.
            X: covariates of the steps ahead; with `y`, of its steps and those ahead.
        """
        panel, n = self._panel(y, X), self._asked(horizon)
        return panel.shaped([forecast for forecast, _ in self._ahead(panel, n, doubt=False)])

    def predict_interval(
        self, level: float = 0.8, horizon: int | None = None, *, y: Any = None, X: Any = None
    ) -> tuple[Any, Any]:
        """Return the lower and the upper end of bands that hold this share of what comes.

        Args:
            level: such as 0.8.
            horizon: as in `predict`; so are y and X.
            y: series.
            X: covariates.
        """
        ends = self.predict_quantiles([(1 - level) / 2, (1 + level) / 2], horizon, y=y, X=X)
        return ends[0], ends[1]

    def predict_quantiles(
        self, levels: Any, horizon: int | None = None, *, y: Any = None, X: Any = None
    ) -> list[Any]:
        """Return the forecast below which each share of what comes will lie.

        Args:
            levels: shares, such as (0.1, 0.5, 0.9).
            horizon: as in `predict`; so are y and X.
            y: series.
            X: covariates.
        """
        panel, n = self._panel(y, X), self._asked(horizon)
        ahead = self._ahead(panel, n)
        fitted = list(zip(ahead, self.lines_, self.calibrations_, strict=True))
        return [panel.shaped([quantile_of(*one, float(level)) for one in fitted]) for level in levels]

    def forecasts_of(self, y: Any = None, X: Any = None) -> Any:
        """Return what is forecast from every step, (time, ..., horizon) in the form of y, without refit.

        Row t holds the forecasts made when t was the last step seen. Use it for backtests and for watching.

        Args:
            y: series; None for those of `fit`, whose own steps the paths have seen.
            X: their covariates.
        """
        panel = self._panel(y, X)
        found = []
        for look in self._looks(panel):
            values, _ = self._from(look, np.arange(len(look.z)), doubt=False)
            found.append(from_scale(values, look.line.power))
        return rows_first(panel, found)

    def bands_of(self, level: float = 0.8, y: Any = None, X: Any = None) -> tuple[Any, Any]:
        """Return the ends of the bands around `forecasts_of`.

        Args:
            level: share that they hold.
            y: series.
            X: covariates.
        """
        panel = self._panel(y, X)
        ends: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for look, calibration in zip(self._looks(panel), self.calibrations_, strict=True):
            values, expected = self._from(look, np.arange(len(look.z)))
            widths = calibration.widths(self.steps_) if expected is None else expected
            away = calibration.reach(level, self.steps_) * widths
            for side, sign in zip(ends, (-1, 1), strict=True):
                side.append(from_scale(values + sign * away, look.line.power))
        return rows_first(panel, ends[0]), rows_first(panel, ends[1])

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return the windows of all steps of series."""
        looks = self._looks(read_panel(X))
        windows = torch.cat([look.inputs(np.arange(len(look.z)), self.window_) for look in looks])
        return windows if rows is None else windows[torch.as_tensor(rows)]

    def recipe(self) -> Training:
        """Return the recipe, its open fields filled as forecasters want them."""
        return recipe_of(self.training or Training())

    def _steps(self) -> int:
        """Steps ahead that paths and network forecast at once."""
        return self.horizon

    def _simple(self) -> bool:
        return self.simple

    def _expected(self, look: Look, inputs: Tensor) -> np.ndarray | None:
        """Expected errors of forecasts, (origins, horizon), where they differ from window to window."""
        return None

    def _asked(self, horizon: int | None) -> int:
        if horizon is not None and (not isinstance(horizon, (int, np.integer)) or horizon < 1):
            raise InputError("horizon must be a whole number from 1", repr(horizon), "or None")
        return int(horizon or self.horizon)

    def _train(self, looks: list[Look], ends: list[int], choices: list[Choice]) -> None:
        learn, stop, judge = three_sides(looks, ends, self.window_)
        self.sample_shape_ = tuple(learn.inputs.shape[1:])
        self.head_ = RegressionHead((0.0,) * self.steps_, (1.0,) * self.steps_)
        seed = self._seed()
        with isolated_seed(seed):
            network = self.build(torch.Size(self.sample_shape_), self.steps_)
        self.record_ = self._run(network, learn, stop if self.gated else both(stop, judge), seed)
        self.network_ = network.cpu().eval()
        if self.gated:
            self.gate_ = choose_gate(*((one.target, self._added(one.inputs)) for one in (stop, judge)))
        reason = "the share of what the network adds that helps on steps by which nothing of it was chosen"
        gate = Choice("gate", self.gate_, reason if self.gated else "the network is what is asked for")
        self.record_.choices[:0] = [*choices, gate, mixture_of(self.lines_[0])]

    def _run(self, network: nn.Module, learn: TensorSamples, held: TensorSamples, seed: int) -> Record:
        return self.recipe().run(network, KnownSteps(), learn, held, seed=seed)

    def _added(self, inputs: Tensor) -> Tensor:
        """What the network adds to the paths, (origins, horizon)."""
        return self._ask_inputs(inputs, lambda rows: self.network_(rows).mean(1))

    def _calibrate(self, looks: list[Look], ends: list[int], asked: Asked) -> list[Calibration]:
        if self.steps_ < self.horizon:
            return [calibrated(self._far_errors(number, end)) for number, end in enumerate(ends)]
        missed: list[list[np.ndarray]] = [[] for _ in looks]
        doubts: list[list[np.ndarray]] = [[] for _ in looks]
        for part, cuts in enumerate(parts_between(ends, self.panel_)):
            if part:
                lines = refitted(self.panel_, self.lines_, self.window_, asked, [cut[0] for cut in cuts])
                looks = looks_at(self.panel_, lines, self.steps_, self.scaler_)
            for number, (look, (start, stop)) in enumerate(zip(looks, cuts, strict=True)):
                origins = np.arange(start - 1, stop - 1)[-MOST_ERRORS:]
                values, expected = self._from(look, origins)
                missed[number].append(ahead_of(look.z, self.steps_)[origins] - values)
                doubts[number] += [] if expected is None else [expected]
        return [calibrated(np.concatenate(one), doubt) for one, doubt in zip(missed, doubts, strict=True)]

    def _far_errors(self, number: int, end: int) -> np.ndarray:
        """Errors of forecasts that were made by taking forecasts for what was seen."""
        y, panel = self.panel_.lines[number], self.panel_
        power, errors = self.lines_[number].power, []
        for origin in np.unique(np.linspace(end, len(y) - 1, 24).astype(int)):
            lines = [line[: origin if k == number else len(line)] for k, line in enumerate(panel.lines)]
            ahead, _ = self._ahead(replace(panel, lines=lines), self.horizon, doubt=False)[number]
            truth = np.r_[y[origin:], np.full(self.horizon, np.nan)][: self.horizon]
            errors.append(to_scale(truth, power) - to_scale(ahead, power))
        return np.stack(errors)

    def _looks(self, panel: Panel) -> list[Look]:
        return looks_at(panel, self.lines_, self.steps_, self.scaler_)

    def _from(
        self, look: Look, origins: np.ndarray, *, doubt: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Forecasts from these origins in the scale of the line, and their expected errors if they differ."""
        inputs, values = look.inputs(origins, self.window_), look.mixture[origins]
        if self.gate_:
            values = values + self.gate_ * self._added(inputs).numpy() * look.line.spread
        return values, self._expected(look, inputs) if doubt else None

    def _ahead(
        self, panel: Panel, horizon: int, *, doubt: bool = True
    ) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """Forecasts of each line in its own units, and their expected errors."""
        check_ahead(panel, horizon)
        lines = [line.copy() for line in panel.lines]
        found: list[tuple[np.ndarray, np.ndarray | None]] = [(np.zeros(0), None)] * len(lines)
        while len(found[0][0]) < horizon:
            looks = self._looks(replace(panel, lines=lines))
            for number, look in enumerate(looks):
                values, expected = self._from(look, np.array([len(look.z) - 1]), doubt=doubt)
                values = from_scale(values[0], look.line.power)
                before, kept = found[number]
                found[number] = np.r_[before, values][:horizon], joined(kept, expected, horizon)
                lines[number] = np.r_[lines[number], values]
        return found

    def _panel(self, y: Any, X: Any) -> Panel:
        check_is_fitted(self)
        return panel_like(self.panel_, y, X)
