"""The page in a real browser: quiet, whole at every width, usable without a mouse, and inert."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from fastdiag.model.report import Report
from fastdiag.render import html
from tests.render.html.reports import COURSES, first_ever, rich
from tests.render.html.test_hostile import EVERY_TEXT, hostile_report

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
NASTIEST: Final = ("end of script", "image", "long", "right to left")
REPORTS: Final = {"rich": rich("leak-on-conflict"), "first ever": first_ever("loop-blocked")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


class Watched:
    """A page with everything that it asked for and complained about."""

    def __init__(self, browser: Browser, file: Path, size: tuple[int, int] = DESKTOP) -> None:
        width, height = size
        context = browser.new_context(viewport={"width": width, "height": height})
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.address = file.as_uri()
        self.page.goto(self.address)

    def is_quiet(self) -> bool:
        return self.asked == [self.address] and self.said == []

    def close(self) -> None:
        self.page.context.close()


def written(report: Report, folder: Path, *, verbose: bool = False) -> Path:
    file = folder / "report.html"
    file.write_text(html.render(report, verbose=verbose), encoding="utf-8")
    return file


def has_horizontal_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_whole_and_quiet(
    browser: Browser, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    watched = Watched(browser, written(REPORTS[name], tmp_path, verbose=True), size)
    assert not has_horizontal_scroll(watched.page)
    assert watched.is_quiet()
    watched.close()


def test_a_report_is_accessible_in_every_part(browser: Browser, tmp_path: Path) -> None:
    report = replace(REPORTS["rich"], courses=COURSES[:1])  # what is true of one drawing is true of all
    watched = Watched(browser, written(report, tmp_path, verbose=True))
    found = Axe().run(watched.page)
    assert found.response["violations"] == [], found.generate_report()
    watched.page.emulate_media(color_scheme="dark")
    contrast = Axe().run(watched.page, options={"runOnly": ["color-contrast"]})
    assert contrast.response["violations"] == [], contrast.generate_report()
    watched.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_first_screen_says_what_is_wrong_and_what_to_do(
    browser: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path), size)
    for name in ("h1", "#act", ".deeds dd >> nth=0"):
        box = watched.page.locator(name).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size[1], name
    watched.close()


def test_hostile_text_is_inert(browser: Browser, tmp_path: Path) -> None:
    joined = " ".join(EVERY_TEXT.values())  # one by one is what test_hostile.py reads
    for text in (joined, *(EVERY_TEXT[name] for name in NASTIEST)):
        watched = Watched(browser, written(hostile_report(text), tmp_path, verbose=True), PHONE)
        assert watched.is_quiet(), text
        assert not has_horizontal_scroll(watched.page), text
        inert = "!window.owned && !document.querySelector('script, img, iframe, [onerror], [onclick]')"
        assert watched.page.evaluate(inert), text
        watched.close()


def test_everything_is_reached_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path))
    page = watched.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the causes"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.url.endswith("#causes")
    visited = reached(page)
    assert [tag for tag, _ in visited if tag not in ("A", "SUMMARY")] == []
    assert all(is_seen for _, is_seen in visited)
    assert len([tag for tag, _ in visited if tag == "SUMMARY"]) == page.locator("summary:visible").count()
    watched.close()


def reached(page: Page) -> list[tuple[str, bool]]:
    """Press Tab until the end; return what had the focus, and whether its outline showed."""
    visited: list[tuple[str, bool]] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        tag, is_seen = page.evaluate(
            "(e => [e.tagName, getComputedStyle(e).outlineStyle !== 'none'])(document.activeElement)"
        )
        if tag == "BODY":
            break
        visited.append((tag, is_seen))
    return visited


def test_what_is_folded_opens_with_a_key(browser: Browser, tmp_path: Path) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path))
    summary = watched.page.locator("summary").first
    inside = watched.page.locator("details > .folded").first
    assert not inside.is_visible()
    summary.focus()
    watched.page.keyboard.press("Enter")
    assert inside.is_visible()
    watched.close()


def test_the_scheme_follows_the_reader_and_print_is_light(browser: Browser, tmp_path: Path) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path))
    assert lightness(watched.page, "light", "screen") > 200
    assert lightness(watched.page, "dark", "screen") < 60
    assert lightness(watched.page, "dark", "print") == 255
    watched.close()


def lightness(page: Page, scheme: Literal["light", "dark"], medium: Literal["screen", "print"]) -> int:
    page.emulate_media(color_scheme=scheme, media=medium)
    color = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    return int(max(color))


def test_print_shows_what_is_folded(browser: Browser, tmp_path: Path) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path))
    page = watched.page
    assert not page.locator("#causes .folded").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator("#causes .folded").first.is_visible()
    assert not page.locator("nav").is_visible()
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") > 2
    watched.close()


def test_a_screen_reader_hears_the_verdict_the_sections_and_the_drawings(
    browser: Browser, tmp_path: Path
) -> None:
    watched = Watched(browser, written(REPORTS["rich"], tmp_path))
    page = watched.page
    assert page.get_by_role("heading", level=1).count() == 1
    for name in ("Causes", "Over time", "Headroom", "Recurring causes", "Sources", "Not seen"):
        assert page.get_by_role("region", name=name, exact=True).count() == 1, name
    assert page.get_by_role("img", name="95th percentile of request latency: ").count() == 1
    assert page.get_by_role("img", name="the last 48 reports").count() == 1
    assert page.get_by_role("navigation", name="On this page").count() == 1
    watched.close()
