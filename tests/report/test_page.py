import html.parser
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.report import (
    Answers,
    Choice,
    ColumnProfile,
    Comparison,
    Fact,
    Finding,
    Heading,
    Importance,
    Learning,
    ReferenceScore,
    TableProfile,
    Usage,
    render,
    write_report,
)
from netwright.report.page import sections

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(html.parser.HTMLParser):
    """Gathers what a page consists of, and whether its tags close in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.headings, self.ids, self.links, self.pictures = [], [], [], [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if values.get("role") == "img":
            self.pictures.append(values["aria-label"])

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(params=["binary", "multiclass", "regression", "multilabel", "crowded"])
def content(request):
    return request.getfixturevalue(request.param)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(content):
    outline = Outline(render(content))
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert all(outline.pictures)


def test_headings_start_with_one_and_never_skip_a_level(content):
    headings = Outline(render(content)).headings
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_the_same_content_gives_the_same_bytes(content):
    assert render(content) == render(replace(content))


def test_the_page_asks_for_nothing(content):
    page = render(content)
    assert "default-src 'none'" in page
    assert not re.search(r'\b(src|srcset|action)=|@import|url\(|<link (?!rel="icon" href="data:)', page)
    assert not re.search(r'href="(?!#|data:)', page)


def test_a_page_on_ten_thousand_held_out_rows_stays_small(crowded, bare):
    assert len(render(crowded).encode()) < 500_000
    truth = np.random.default_rng(0).normal(size=10_000)
    answers = Answers("regression", "y", truth=truth, prediction=np.sin(truth))
    assert len(render(bare(answers=answers)).encode()) < 150_000


def test_numbers_are_finite_in_every_drawing(content):
    drawings = re.findall(r' (?:d|x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"', render(content))
    assert not [d for d in drawings if "nan" in d or "inf" in d]


def test_sections_without_data_vanish_and_the_contents_follow(bare, binary):
    page = render(bare())
    assert sections(bare()) == []
    assert "<nav" not in page
    assert "<section" not in page
    few = replace(
        binary,
        findings=(),
        learning=replace(binary.learning, history=()),
        answers=replace(binary.answers, probability=None),
        importance=(),
    )
    ids = [section.id for section in sections(few)]
    assert ids == ["comparison", "asked", "data", "settings", "mistakes", "scores", "usage"]
    assert [link for link in Outline(render(few)).links if link != "#main"] == [f"#{name}" for name in ids]


def test_every_section_is_there_when_all_is_known(binary, regression):
    assert [section.id for section in sections(binary)] == [
        "comparison",
        "asked",
        "findings",
        "data",
        "settings",
        "training",
        "mistakes",
        "probabilities",
        "importance",
        "scores",
        "usage",
    ]
    assert "residuals" in [section.id for section in sections(regression)]


def test_whatever_stands_in_a_table_cannot_become_markup(bare):
    bad = '<script>alert("1")</script>" onload="x'
    truth = np.array([bad, "b"] * 20)
    page = render(
        bare(
            heading=Heading(bad, bad, bad, machine=bad),
            verdict=bad,
            answers=Answers(
                "binary", bad, ("b", bad), truth=truth, prediction=truth, probability=np.linspace(0, 1, 40)
            ),
            comparison=Comparison(
                bad, (ReferenceScore(bad, {bad: 0.5}, 1.0), ReferenceScore("b", {bad: 0.6}, 1.0))
            ),
            asked=(Fact(bad, bad),),
            table=TableProfile((ColumnProfile(bad, bad, False, bad, 0.5, 3, bad, ((bad, 3), ("b", 1))),)),
            learning=Learning(
                (Choice(bad, bad, bad, bad),), ({"epoch": 1, bad: 0.5, "loss": 0.5},), stopped=bad
            ),
            importance=(Importance(bad, 0.5, 0.1),),
            findings=(Finding(bad, "warning", bad, bad),),
            usage=Usage(bad, bad),
        )
    )
    assert page.count("<script>") == 1  # our own
    assert ' onload="x' not in page.replace("&#34;", "")
    Outline(page)


def test_a_better_reference_stands_at_the_top_once(binary):
    top = render(binary).split("<main")[0]
    assert "A reference is better: linear model reaches ROC AUC 0.9965" in top
    told = replace(binary, verdict="The linear model is better than the net: ROC AUC 0.997 against 0.995.")
    assert "A reference is better" not in render(told).split("<main")[0]
    assert "A reference is better" in render(told)


def test_code_stands_on_the_page_as_it_is_typed(binary):
    page = render(binary)
    assert "model = load(&#34;runs/biopsies/model&#34;)\nmodel.predict_proba(frame)</code>" in page


def test_the_reading_of_the_curves_and_the_kept_epoch_are_told(binary):
    page = render(binary)
    assert "the validation loss is level" in page
    assert "the weights of epoch 60 were kept" in page
    assert "Training ended because all 60 epochs were run." in page


def test_a_column_that_was_left_out_says_why(binary):
    row = re.search(r"<tr class=\"unused\">.*?</tr>", render(binary), re.DOTALL).group()
    assert "patient_number" in row
    assert "left out<small>every value is different</small>" in row


def test_a_table_of_two_thousand_columns_stays_readable(bare):
    bins = tuple((str(k), k) for k in range(20))
    columns = tuple(ColumnProfile(f"x{k}", "number", True, "", 0.0, 9, "", bins) for k in range(2000))
    page = render(bare(table=TableProfile(columns)))
    assert "1985 more columns" in page
    assert len(page) < 1_000_000


@pytest.mark.parametrize("empty", [np.empty(0), None])
def test_without_held_out_rows_there_is_nothing_to_judge(bare, empty):
    assert sections(bare(answers=Answers("regression", "y", truth=empty, prediction=empty))) == []


def test_one_class_alone_among_the_held_out_rows_still_makes_a_page(bare):
    truth = np.array(["no"] * 5)
    answers = Answers("binary", "y", ("no", "yes"), truth, prediction=truth, probability=np.full(5, 0.3))
    page = render(bare(answers=answers))
    assert "Reliability" in page
    assert "ROC" not in page.split('id="probabilities"')[1].split("<figure")[-1]


def test_a_report_is_written_whole_or_not_at_all(tmp_path, bare):
    path = tmp_path / "runs" / "report.html"
    write_report(bare(), path)
    assert path.read_text(encoding="utf-8") == render(bare())
    strange = np.array(["c"])
    broken = bare(answers=Answers("binary", "y", ("a", "b"), truth=strange, prediction=strange))
    with pytest.raises(InputError):
        write_report(broken, path)
    assert path.read_text(encoding="utf-8") == render(bare())
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]
