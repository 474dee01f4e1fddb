"""What the documentation shows is what happens; each room has its page; README points at what exists."""

import contextlib
import io
import itertools
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import netwright
from docs_hook import line_of
from netwright.compendium import Row

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


PAGE = """
```python
x = 2
```

```python no-run
read("a file that is not here")
```

```python
print(x)
```
It prints:
```text
2
```
"""


def blocks_of(page):
    """The Python of one page in order: (line, code, what it prints or None where the page does not say)."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    found = []
    for fence, after in itertools.zip_longest(fences, fences[1:]):
        if fence["language"] == "python":
            shown = after["text"] if after and after["language"] == "text" else None
            found.append((text.count("\n", 0, fence.start("text")), fence["text"], shown))
    return found


def run_page(page):
    """Runs a page as one program; compares after each block."""
    namespace = {"__name__": page.stem}
    for line, code, shown in blocks_of(page):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile("\n" * line + code, str(page), "exec"), namespace)
        if shown is not None:
            assert printed.getvalue().rstrip() == shown.rstrip(), f"{page}:{line} prints something else"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.name)
def test_the_examples_of_a_page_print_what_it_shows(page, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    run_page(page)


def test_a_page_that_shows_something_else_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    run_page(page)
    page.write_text(page.read_text().replace("x = 2", "x = 3"))
    with pytest.raises(AssertionError, match=r"page\.md:10 prints something else"):
        run_page(page)


def test_each_room_has_its_page_in_the_documentation():
    rooms = {module.name for module in pkgutil.iter_modules(netwright.__path__)} - {"__main__", "compendium"}
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    (listed,) = (entry["Rooms"] for entry in settings["nav"] if "Rooms" in entry)
    assert {name for entry in listed for name in entry} == rooms
    assert {page.stem for page in ROOT.glob("docs/rooms/*.md")} == rooms


def test_readme_points_at_files_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", text) + re.findall(
        r'(?:src|href)="(?!https?://|#)([^"#]+)', text
    )
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_a_technique_has_a_line_that_leads_to_its_reference_and_its_paper():
    source = "B (2017), arXiv:1708.02002; C, doi:10.1/x.y."
    row = Row("a-b", "A | b", "netwright.room.part", source, "tests/test_part.py::test_b")
    assert line_of(row) == (
        "| A &#124; b | [`part`][netwright.room.part] "
        "| B (2017), [arXiv:1708.02002](https://arxiv.org/abs/1708.02002); "
        "C, [doi:10.1/x.y](https://doi.org/10.1/x.y). "
        "| `test_b` |"
    )


def test_the_site_is_built_without_a_warning_and_fetches_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(list(ROOT.glob("docs/**/*.md")))
    fetched = re.compile(r"<(?:script|img|iframe)[^>]* src=.?https?:|<link[^>]*stylesheet[^>]*https?:")
    assert [page.name for page in pages if fetched.search(page.read_text(encoding="utf-8"))] == []
