"""A fleet on paper: it fits the screen, and what comes from outside stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.fleet import fleet
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.fleet import Fleet, Member, Unread
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Part, Reading
from fastdiag.redact import disarm
from fastdiag.render.fleet import json as fleet_json
from fastdiag.render.fleet import markdown as fleet_markdown
from fastdiag.render.fleet import terminal as screen
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.render.diagnoses import ALL
from tests.render.hostile import TEXTS

TABLE = load_rulebook(builtin_rules())
MARKUP = ("h1", "h2", "p", "ul", "li", "strong", "code", "table", "thead", "tbody", "tr", "th", "td")


def seen(*hosts: tuple[str, str], service: str = "shop", unread: tuple[Unread, ...] = ()) -> Fleet:
    members = [Member(name=name, diagnosis=_of(kind, service)) for name, kind in hosts]
    return fleet(members, unread, TABLE)


@cache
def _judged(kind: str) -> Diagnosis:
    return diagnose(ALL[kind].snapshot, TABLE)


def _of(kind: str, service: str) -> Diagnosis:
    found = _judged(kind)
    return replace(found, snapshot=replace(found.snapshot, service=service))


MIXED = (("web1", "healthy"), ("web2", "healthy"), ("web3", "pool-drained"), ("web4", "half-seen"))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_longer_than_the_screen(width: int, *, verbose: bool) -> None:
    text = screen.render(seen(*MIXED), width=width, verbose=verbose)
    assert max(map(cell_len, text.splitlines())) <= width


def test_a_healthy_fleet_is_said_in_one_line() -> None:
    found = seen(("web1", "healthy"), ("web2", "healthy"))
    assert screen.render(found).splitlines()[0] == "OK  shop: 2 of 2 hosts look healthy"


def test_many_hosts_are_named_in_full_on_demand_only() -> None:
    found = seen(*((f"web{number:03}", "healthy") for number in range(30)))
    assert "and 24 more" in screen.render(found)
    assert "web029" in screen.render(found, verbose=True)


def test_a_host_whose_worker_is_pinned_is_told_once_by_its_worker() -> None:
    members = [Member(name=f"web{number}", diagnosis=_of_workers(number == 3)) for number in range(6)]
    shown = screen.render(fleet(members, (), TABLE))
    assert "1 of 12 workers  pinned: workers.cpu.max 100%, median 10% (>= 90%): web3 worker" in shown
    assert "of 6 hosts  pinned: workers.cpu.max" not in shown


def _of_workers(is_pinned: bool) -> Diagnosis:
    found = _judged("healthy")
    shares = (0.1, 1.0 if is_pinned else 0.1)
    parts = tuple(Part(labels=(("worker", str(pid)),), value=share) for pid, share in enumerate(shares))
    cpu = Reading(signal="workers.cpu.max", unit=Unit.RATIO, source="processes", value=max(shares), by=parts)
    readings = {**found.snapshot.readings, "workers.cpu.max": cpu}
    return replace(found, snapshot=replace(found.snapshot, readings=readings))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_is_text_in_every_form(text: str) -> None:
    unread = (Unread(name=f"{text}?", error=text, hint=text),)
    found = seen((text, "pool-drained"), ("web2", "healthy"), service=text, unread=unread)
    shown = screen.render(found, width=120, verbose=True)
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert re.sub(r"\s+", "", disarm(text)) in re.sub(r"\s+", "", shown)
    assert [char for char in fleet_json.render(found) if not char.isprintable() and char != "\n"] == []
    html = MarkdownIt("commonmark").enable(["table"]).render(fleet_markdown.render(found))
    tags = set(re.findall(r"<(/?\w+)", html))
    assert tags <= {f"{end}{tag}" for end in ("", "/") for tag in MARKUP}
