"""A report on the screen, in Markdown and in JSON: whole outputs, and what comes from outside stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from fastdiag.model.report import Report
from fastdiag.render.report import json as report_json
from fastdiag.render.report import markdown as report_markdown
from fastdiag.render.report import terminal as report_terminal
from tests.render.golden import assert_golden
from tests.render.hostile import TEXTS
from tests.render.reports import BARE, DRAINED

FOLDER: Final = Path(__file__).parent.parent / "golden_report"
REPORTS: Final = {"drained": DRAINED, "bare": BARE}
TAGS = ("h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "code", "pre", "blockquote", "a")
TABLE_TAGS = ("table", "thead", "tbody", "tr", "th", "td")


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_as_it_was_approved(name: str, width: int) -> None:
    text = report_terminal.render(REPORTS[name], width=width)
    assert max(cell_len(line) for line in text.splitlines() if "psql" not in line) <= width
    assert_golden(f"{name}-{width}.txt", text, FOLDER)


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_as_it_was_approved(name: str) -> None:
    assert_golden(f"{name}.md", report_markdown.render(REPORTS[name]), FOLDER)


def test_a_terminal_without_blocks_gets_signs_that_it_has() -> None:
    report_terminal.render(DRAINED, encoding="ascii").encode("ascii")


def test_json_holds_everything_that_time_adds() -> None:
    told = json.loads(report_json.render(DRAINED))["report"]
    assert told["sequence"]["steps"][0] == {
        "stage": "traffic goes up",
        "at": "2026-11-22T00:45:00Z",
        "signal": "http.rps",
        "said": "48/s before, up to 131/s",
    }
    latency = told["courses"][0]
    assert (latency["signal"], latency["unit"], latency["threshold"]) == ("http.latency.p95", "s", 1.0)
    assert [value for _, value in latency["points"]].count(None) == 6
    assert told["past"]["recurrences"][0]["last_mark"]["text"] == "deploy v1.2"
    assert told["past"]["runs"][0]["causes"][0]["verdict"] == "possible"


def test_json_has_every_key_where_there_is_nothing_to_tell() -> None:
    full, bare = (json.loads(report_json.render(one))["report"] for one in (DRAINED, BARE))
    assert full.keys() == bare.keys()
    assert (bare["since"], bare["sequence"], bare["headroom"], bare["courses"]) == (None, None, None, [])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_is_text_in_every_form(text: str) -> None:
    report = _told_by_somebody_else(text)
    for shown in (report_terminal.render(report, width=120), report_json.render(report)):
        assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    html = MarkdownIt("commonmark").enable(["table"]).render(report_markdown.render(report))
    assert set(re.findall(r"<(/?\w+)", html)) <= {
        f"{end}{tag}" for end in ("", "/") for tag in (*TAGS, *TABLE_TAGS)
    }


def _told_by_somebody_else(text: str) -> Report:
    """Return a report in whose past and notes stands what somebody else has written."""
    past = DRAINED.past
    mark = replace(past.marks[0], text=text, service=text)
    recurrence = replace(past.recurrences[0], title=text, last_mark=mark)
    return replace(
        DRAINED,
        past=replace(past, marks=(mark,), recurrences=(recurrence,), where=text, trouble=text),
        no_courses=text,
        notes=(text,),
    )
