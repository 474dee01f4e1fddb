"""The page in a real browser: nothing fails, nothing is fetched, everything fits, can be read and reached."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netwright.report import Choice, ColumnProfile, Content, Fact, Finding, Importance, render

pytestmark = pytest.mark.browser

WIDTHS = (360, 1280)
THEMES = ("light", "dark")
PAGES = ("binary", "multiclass", "regression", "multilabel", "crowded", "long_winded")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# What the eye sees behind a text is every translucent background between it and the first opaque one.
CONTRASTS = """
() => {
  const rgba = (text) => [...text.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const over = (a, b) => [0, 1, 2].map((k) => a[k] * a[3] + b[k] * (1 - a[3])).concat(1);
  const light = (c) => {
    const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const [r, g, b] = c.slice(0, 3).map((v) => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const layer = rgba(getComputedStyle(e).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
  };
  const poor = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, .sr")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const ground = behind(element);
    const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    seen += 1;
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName} ${element.textContent.slice(0, 30)}`);
  }
  return {seen, poor};
}
"""
OUTSIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && !e.closest(".scroller, .contents, pre, .sr, .skip, svg svg"))
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
  .map((e) => `${e.tagName}.${e.getAttribute("class")}`)
"""
UNDRAWN = """
() => [...document.querySelectorAll("svg")].filter((e) => e.checkVisibility()).filter((e) => {
  const box = e.getBoundingClientRect();
  const parts = [...e.querySelectorAll("path, circle, line, rect")];
  const inside = parts.map((part) => part.getBoundingClientRect());
  return !(box.width > 0 && box.height > 0) || !inside.some((part) => part.width + part.height > 0);
}).map((e) => e.outerHTML.slice(0, 120))
"""
UNNAMED = """
() => [...document.querySelectorAll("svg")].filter((e) => !e.parentElement.closest("svg"))
  .filter((e) => !(e.getAttribute("role") === "img" && e.getAttribute("aria-label")))
  .filter((e) => e.getAttribute("aria-hidden") !== "true").map((e) => e.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="session")
def long_winded(binary) -> Content:
    """Words that no line can hold, wherever a table can bring them in."""
    word = "Donaudampfschifffahrtsgesellschaft" * 4
    answers = binary.answers
    names = dict(zip(answers.classes, (word, word + "2"), strict=True))
    references = tuple(
        replace(model, name=word + model.name, note=word) for model in binary.comparison.references
    )
    return replace(
        binary,
        heading=replace(binary.heading, title=word, machine=word),
        verdict=word,
        answers=replace(
            answers,
            target=word,
            classes=tuple(names.values()),
            truth=np.array([names[name] for name in answers.truth]),
            prediction=np.array([names[name] for name in answers.prediction]),
        ),
        comparison=replace(binary.comparison, references=references),
        asked=(Fact(word, word),),
        table=replace(
            binary.table,
            columns=(ColumnProfile(word, word, False, word, 0.5, 3, word, ((word, 3), ("b", 1))),),
        ),
        learning=replace(binary.learning, choices=(Choice(word, word, word, word),)),
        importance=(Importance(word, 0.5, 0.1),),
        findings=(Finding(word, "warning", word, word),),
        usage=replace(binary.usage, command=word),
    )


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("NETWRIGHT_CHROMIUM") or shutil.which("chromium")
    if path is None and os.environ.get("CI"):
        pytest.fail("CI needs a browser: apt-get install chromium, or set NETWRIGHT_CHROMIUM to one")
    if path is None:
        pytest.skip("no browser here: apt-get install chromium, or set NETWRIGHT_CHROMIUM to one")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(params=PAGES)
def file(request, tmp_path) -> Path:
    path = tmp_path / f"{request.param}.html"
    path.write_text(render(request.getfixturevalue(request.param)), encoding="utf-8")
    return path


@pytest.fixture
def full(tmp_path, binary) -> Path:
    """The page that has every section that classes can have."""
    path = tmp_path / "report.html"
    path.write_text(render(binary), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser):
    """Open a file at a width and in a theme; whatever the page logs or asks for is on the page object."""
    contexts = []

    def open_page(path, width=1280, theme="light", **settings):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce", **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.logged, page.asked = [], []
        page.on("console", lambda message: page.logged.append(message.text))
        page.on("pageerror", lambda error: page.logged.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_the_page_logs_nothing_and_asks_for_nothing_but_itself(file, visit):
    page = visit(file)
    page.wait_for_load_state("networkidle")
    assert page.logged == []
    assert [url for url in page.asked if not url.startswith("data:")] == [file.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_its_window_and_every_picture_is_drawn(file, visit, width):
    page = visit(file, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(UNDRAWN) == []
    assert page.evaluate("document.querySelectorAll('svg[role=img]').length") > 2


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_what_is_behind_it(file, visit, theme):
    found = visit(file, theme=theme).evaluate(CONTRASTS)
    assert found["seen"] > 50
    assert found["poor"] == []


def test_light_and_dark_differ(full, visit):
    grounds = {
        theme: visit(full, theme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
        for theme in THEMES
    }
    assert grounds["light"] == "rgb(248, 248, 246)"
    assert grounds["dark"] == "rgb(18, 20, 24)"


def test_a_screen_reader_finds_its_way(file, visit):
    page = visit(file)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title()
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("[...document.querySelectorAll('table')].filter((t) => !t.caption).length") == 0
    assert page.evaluate("[...document.querySelectorAll('th')].filter((t) => !t.scope).length") == 0
    unnamed = "(all) => all.filter((e) => !e.ariaLabel && !e.getAttribute('aria-labelledby')).length"
    assert page.locator("section, [role=region]").evaluate_all(unnamed) == 0


def test_the_first_key_leads_past_the_navigation(full, visit):
    page = visit(full)
    page.keyboard.press("Tab")
    skip = page.get_by_text("Skip to the report")
    assert skip.evaluate("(e) => e === document.activeElement && e.getBoundingClientRect().top >= 0")
    assert skip.evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_reaches_everything_in_reading_order(file, visit):
    page = visit(file, 360)
    places = page.evaluate("[...document.querySelectorAll('a, button, summary, [tabindex=\"0\"]')].length")
    tops = []
    for _ in range(places):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
        tops.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert tops == sorted(set(tops))


def test_a_wide_table_scrolls_inside_itself(full, visit):
    scroller = visit(full, 360).locator(".scroller").first
    assert scroller.evaluate(
        "(e) => e.scrollWidth > e.clientWidth && e.getBoundingClientRect().right <= innerWidth"
    )


def test_the_code_can_be_copied(full, visit, binary):
    page = visit(full, permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy: In Python")
    button.click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == binary.usage.python


def test_the_page_serves_without_script(full, visit):
    page = visit(full, java_script_enabled=False)
    assert page.get_by_role("button").count() == 0
    assert page.locator("main section").count() == 11
    assert page.locator("svg.plot").first.bounding_box()["height"] > 100


def test_print_is_dark_on_white_and_shows_what_is_folded(full, visit):
    page = visit(full, theme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRASTS)["poor"] == []
    assert not page.locator("nav").is_visible()
    assert len(page.pdf()) > 20_000
