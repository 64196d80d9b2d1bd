"""A comparison on paper: it fits the screen, and what comes from outside stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from fastdiag.engine.changes import changes
from fastdiag.engine.diagnose import diagnose
from fastdiag.model.changes import Changes
from fastdiag.model.rule import Rulebook
from fastdiag.model.snapshot import Snapshot
from fastdiag.redact import disarm
from fastdiag.render.changes import json as changes_json
from fastdiag.render.changes import markdown as changes_markdown
from fastdiag.render.changes import terminal as screen
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.render.diagnoses import ALL
from tests.render.hostile import TEXTS

TABLE = load_rulebook(builtin_rules())
HEALTHY, DRAINED = ALL["healthy"].snapshot, ALL["pool-drained"].snapshot


def compared(before: Snapshot, after: Snapshot, table: Rulebook = TABLE) -> Changes:
    return changes(diagnose(before, table), diagnose(after, table), table)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_longer_than_the_screen(width: int, *, verbose: bool) -> None:
    text = screen.render(compared(HEALTHY, DRAINED), TABLE.catalogue, width=width, verbose=verbose)
    assert max(map(cell_len, text.splitlines())) <= width


def test_more_is_told_on_demand() -> None:
    found = compared(HEALTHY, DRAINED)
    short, full = (screen.render(found, TABLE.catalogue, verbose=verbose) for verbose in (False, True))
    assert len(full.splitlines()) > len(short.splitlines())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_is_text_in_every_form(text: str) -> None:
    before = replace(HEALTHY, service=text, taken_at=text)
    after = replace(DRAINED, service=f"{text}!", parameters={**DRAINED.parameters})
    found = compared(before, after)
    shown = screen.render(found, TABLE.catalogue, width=120)
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert re.sub(r"\s+", "", disarm(text)) in re.sub(r"\s+", "", shown)
    assert [char for char in changes_json.render(found) if not char.isprintable() and char != "\n"] == []
    html = MarkdownIt("commonmark").enable(["table"]).render(changes_markdown.render(found, TABLE.catalogue))
    tags = set(re.findall(r"<(/?\w+)", html))
    assert tags <= {f"{end}{tag}" for end in ("", "/") for tag in MARKUP}


MARKUP = ("h1", "h2", "p", "ul", "li", "strong", "code", "table", "thead", "tbody", "tr", "th", "td")
