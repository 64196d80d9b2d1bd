"""The document as such: complete in itself, well formed, and the same for the same report."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from fastdiag.model.report import Report
from fastdiag.render import html
from tests.render.diagnoses import ALL
from tests.render.html.page import Document, read
from tests.render.html.reports import first_ever, names, rich, without_history

REPORTS = {
    **{name: Report(diagnosis=diagnosis) for name, diagnosis in ALL.items()},
    "rich": rich("leak-on-conflict"),
    "healthy": rich("healthy-steady", "pool-drained"),
    "first ever": first_ever("loop-blocked"),
    "without history": without_history("lock-queue"),
}
every_report = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def page(report: Report, *, verbose: bool = False) -> Document:
    return read(html.render(report, verbose=verbose))


@every_report
def test_nothing_runs_and_nothing_is_loaded(report: Report) -> None:
    document = page(report)
    tags = {one.tag for one in document.elements}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "img", "form", "base", "use", "image"})
    attributes = {name for one in document.elements for name in one.attributes}
    assert [
        name for name in attributes if name.startswith("on") or name in ("src", "style", "xlink:href")
    ] == []
    assert [one.attributes["href"] for one in document.all("link")] == ["data:,"]
    links = [one.attributes["href"] for one in document.all("a")]
    assert [link for link in links if not link.startswith(("#", "https://", "http://"))] == []
    assert "@import" not in html.render(report)
    assert "url(" not in html.render(report)


@every_report
def test_the_policy_knows_the_style_and_nothing_else(report: Report) -> None:
    text = html.render(report)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policies = [
        one.attributes["content"]
        for one in read(text).all("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    expected = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert policies == [expected]


@every_report
def test_every_name_leads_somewhere_and_stands_once(report: Report) -> None:
    document = page(report)
    ids = document.values("id")
    assert len(ids) == len(set(ids))
    wanted = [link.removeprefix("#") for link in document.values("href") if link.startswith("#")]
    assert set(wanted) | set(document.values("aria-labelledby")) <= set(ids)


@every_report
def test_headings_go_down_one_level_at_a_time(report: Report) -> None:
    levels = [int(one.tag[1]) for one in page(report).elements if re.fullmatch(r"h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@every_report
def test_no_value_is_left_out_by_mistake(report: Report) -> None:
    text = page(report).text
    assert not re.search(r"\bNone\b|\bFalse\b|\bTrue\b|\{\{|%\}|<function|object at 0x|\bnan\b", text)


@every_report
def test_the_same_report_is_the_same_page(report: Report) -> None:
    assert html.render(report) == html.render(report)


def test_everything_is_unfolded_on_demand() -> None:
    folded, unfolded = (page(rich("leak-on-conflict"), verbose=verbose) for verbose in (False, True))
    assert {"open" in one.attributes for one in folded.all("details")} == {False}
    assert {"open" in one.attributes for one in unfolded.all("details")} == {True}
    assert folded.text == unfolded.text


def test_every_drawing_has_its_numbers_as_a_table() -> None:
    document = page(rich("leak-on-conflict"))
    drawings = [one for one in document.all("svg") if one.attributes.get("role") == "img"]
    tables = [one for one in document.all("table") if "figure" in one.inside]
    assert len(drawings) == len(tables) == 6
    assert all(one.attributes["aria-label"] for one in drawings)
    assert all(one.attributes.get("aria-hidden") for one in document.all("svg") if one not in drawings)


@pytest.mark.parametrize("name", names()[::9])
def test_recorded_incidents_become_pages(name: str) -> None:
    assert page(rich(name)).all("h1")


def test_of_the_present_alone_nothing_is_said_about_time() -> None:
    document = page(Report(diagnosis=ALL["pool-drained"]))
    assert {"causes", "sources", "unknown"} <= set(document.values("id"))
    assert {"time", "room", "since", "past"}.isdisjoint(document.values("id"))
