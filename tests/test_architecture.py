"""The floors of ARCHITECTURE.md, the linter's layers and the folders are one picture."""

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest
import torch
from jaxtyping import TypeCheckError

import netwright
from netwright.nets import MLP

ROOT = Path(__file__).parent.parent
ROOMS = {module.name for module in pkgutil.iter_modules(netwright.__path__)} - {"__main__"}
NOT_PURE_TORCH = {"compendium", "data", "metrics", "training"}


def rooms_of(floor):
    return [room.strip() for room in floor.split("|")]


@pytest.fixture(scope="module")
def drawn():
    """The floors as drawn, from the ground up."""
    picture = re.search(
        r"```floors\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.DOTALL
    )
    floors = dict(line.split(maxsplit=1) for line in picture[1].splitlines())
    assert list(floors) == sorted(floors, reverse=True)
    return [rooms_of(floors[number]) for number in sorted(floors)]


@pytest.fixture(scope="module")
def linted():
    """The contracts of import-linter, by id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def test_the_linter_holds_the_picture(drawn, linted):
    assert [rooms_of(layer) for layer in reversed(linted["floors"]["layers"])] == drawn


def test_planned_rooms_stand_in_parentheses_and_the_others_exist(drawn):
    rooms = [room for floor in drawn for room in floor]
    assert {room for room in rooms if not room.startswith("(")} == ROOMS
    assert len(rooms) == len({room.strip("()") for room in rooms})


def test_floors_0_to_2_are_pure_torch_but_for_those_that_meet_tables(drawn, linted):
    low = {room for floor in drawn[:3] for room in floor}
    pure = {f"netwright.{room}" for room in (low & ROOMS) - NOT_PURE_TORCH}
    assert set(linted["pure-torch"]["source_modules"]) == pure


def test_every_room_has_its_line_in_the_table_of_contracts():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == ROOMS


def test_shapes_are_checked_in_the_rooms_of_pure_torch():
    network = MLP(3, 1)
    with pytest.raises(TypeCheckError):
        network(torch.zeros(2, 3, dtype=torch.int64))
