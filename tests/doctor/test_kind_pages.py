"""Every kind of the doctor has its page, and the pages speak of what is there."""

import re
from pathlib import Path

import pytest
import yaml

from docs_hook import causes_of, kinds_of
from netwright.doctor import KINDS
from netwright.doctor.reasons import REASONS

ROOT = Path(__file__).parent.parent.parent
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in ROOT.glob("docs/doctor/*.md")}
ROOM = (ROOT / "docs/rooms/doctor.md").read_text(encoding="utf-8")
HEADINGS = {"How it is measured", "How it is named", "False friends", "Remedy", "Source"}


def pages_in(entry):
    """The pages below one entry of the navigation, in order."""
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [page for part in parts for page in pages_in(part)]


def test_every_kind_has_its_page_and_every_page_its_kind():
    assert set(PAGES) == {*KINDS, "index"}


def test_every_page_is_in_the_navigation_once():
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = [page for page in pages_in(settings["nav"]) if page.startswith("doctor/")]
    assert sorted(listed) == sorted(f"doctor/{name}.md" for name in PAGES)


def test_the_index_has_one_line_for_every_kind():
    lines = re.findall(r"^- \[(\w+)\]\((\w+)\.md\): .+$", PAGES["index"], re.MULTILINE)
    assert sorted(lines) == sorted((name, name) for name in KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_page_tells_meaning_measurement_false_friends_remedy_and_source(name):
    title, *rest = PAGES[name].splitlines()
    assert title == f"# {name}"
    headings = {line.removeprefix("## ") for line in rest if line.startswith("## ")}
    assert headings < HEADINGS
    assert len(headings) == 4
    assert KINDS[name].source in PAGES[name]
    assert 15 <= len(rest) < 35


def test_pages_name_functions_that_exist():
    code = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("src/netwright/doctor/**/*.py"))
    named = {name: re.findall(r"In the code: (.+)\.$", text, re.MULTILINE) for name, text in PAGES.items()}
    for name, found in named.items():
        for function in re.findall(r"`(\w+)`", " ".join(found)):
            assert f"def {function}(" in code, f"{name}.md names {function}"


def test_a_page_that_tells_how_it_is_measured_has_code_that_finds_it():
    files = [*ROOT.glob("src/netwright/doctor/checks/*.py"), *ROOT.glob("src/netwright/doctor/probe/*.py")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    unfound = {name for name in KINDS if f'"{name}"' not in code}
    assert unfound <= {name for name, text in PAGES.items() if "## How it is named" in text}


def test_every_one_of_the_37_reasons_has_its_line_and_a_kind():
    reasons = list(range(1, 38))
    assert [int(number) for number in re.findall(r"<!-- kinds of reason (\d+) -->", ROOM)] == reasons
    answered = {reason for kind in KINDS.values() for reason in kind.reasons}
    assert answered == set(reasons)


def test_the_room_tells_the_reasons_in_the_words_of_the_page():
    told = re.findall(r"^\| (\d+) \| (.+) \| <!-- kinds", ROOM, re.MULTILINE)
    assert {int(number): words for number, words in told} == REASONS


def test_kinds_are_linked_to_their_reasons_and_to_their_causes():
    assert kinds_of(7) == "[unshuffled](../doctor/unshuffled.md)"
    told = causes_of("diverged")
    assert "37 reasons](../rooms/doctor.md#the-37-reasons): 36." in told
    before, after = told.split("It may itself follow from")
    assert "[exploding_gradient](exploding_gradient.md)" in before
    assert "[lr_too_high](lr_too_high.md)" in after
