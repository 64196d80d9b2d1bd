"""Frames of the live screen: whole ones compared, and what holds for every size and every foreign text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from rich.cells import cell_len

from fastdiag.model.diagnosis import Status
from fastdiag.model.quantity import Unit
from fastdiag.model.watching import Cost, Look, Page
from fastdiag.render.watch.frame import furthest, render
from fastdiag.render.watch.sparkline import sparkline, top_of
from fastdiag.render.watch.words import cost_line, log_line, sources_line
from tests.render.golden import assert_golden
from tests.render.hostile import TEXTS, diagnosis_of
from tests.render.watches import ALL, BEGIN, BLIND, COST, DRAINED, HEALTHY_FIRST, RECORDING, watched

FOLDER: Final = Path(__file__).parent.parent / "golden_watch"
SIZES: Final = {"80": (80, 24), "120": (120, 40)}
STEPS: Final = "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ALL)
def test_the_frame(name: str, size: str) -> None:
    width, height = SIZES[size]
    assert_golden(f"{name}-{size}.txt", _stripped(render(ALL[name], width=width, height=height)), FOLDER)


def test_the_frame_of_a_terminal_without_blocks() -> None:
    frame = render(DRAINED, width=80, height=24, encoding="ascii")
    assert frame.isascii()
    assert_golden("drained-ascii.txt", _stripped(frame), FOLDER)


def test_the_frame_of_an_old_code_page_has_what_that_has() -> None:
    frame = render(DRAINED, width=80, height=24, encoding="cp437")
    assert "└" in frame
    assert "=" in frame
    assert frame.encode("cp437")


def test_no_golden_file_is_left_over() -> None:
    known = {f"{name}-{size}.txt" for name in ALL for size in SIZES} | {"drained-ascii.txt"}
    assert {file.name for file in FOLDER.iterdir()} == known


@pytest.mark.parametrize("name", ALL)
def test_a_frame_fits_whatever_the_size(name: str) -> None:
    for width, height in ((40, 3), (46, 7), (59, 12), (60, 15), (80, 20), (133, 60)):
        lines = render(ALL[name], width=width, height=height).split("\n")
        assert len(lines) == height
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("page", Page)
@pytest.mark.parametrize("text", TEXTS)
def test_foreign_text_stays_text(text: str, page: Page) -> None:
    hostile = watched(diagnosis_of(TEXTS[text]), DRAINED.looks)
    hostile = replace(hostile, page=page, notes=(TEXTS[text],), records_to=TEXTS[text])
    frame = render(hostile, width=80, height=50)
    assert all(line.isprintable() for line in frame.split("\n"))
    assert len(frame.split("\n")) == 50
    assert log_line(hostile).isprintable()


def test_colour_says_nothing_that_the_words_do_not() -> None:
    coloured = render(DRAINED, width=80, height=24, color=True)
    assert "\x1b[" in coloured
    assert _without_colour(coloured) == _stripped(render(DRAINED, width=80, height=24))


def test_a_page_scrolls_to_its_last_line_and_no_further() -> None:
    page = replace(DRAINED, page=Page.CAUSE)
    most = furthest(page, width=80, height=24)
    assert most > 0
    last = render(replace(page, scroll=most), width=80, height=24)
    assert render(replace(page, scroll=most + 9), width=80, height=24) == last
    assert "https://www.postgresql.org/docs/current/explicit-locking.html" in last
    assert furthest(DRAINED, width=80, height=24) == 0


def test_the_chosen_cause_is_in_sight_however_few_lines_there_are() -> None:
    for chosen in ("database-locks", "slow-external-dependency", "missing-tracing"):
        frame = render(replace(DRAINED, chosen=chosen), width=80, height=14)
        assert sum(line.startswith("> ") for line in frame.splitlines()) == 1


def test_the_line_of_a_log() -> None:
    assert log_line(RECORDING) == (
        "2026-11-22T03:12:17Z CRITICAL shop-api: very likely statements queue behind one lock in the database"
        " (91%); as a result the database connection pool is exhausted"
        " | p95 4.2 s, 3.1% errors, CPU 12%, pool 100% | postgres partial, probe failed"
        " | 5.2 s, 9 statements, 31 requests, 1.4% of a core"
        " | recorder: hanging-requests: 20261122T031107Z-symptom-hanging-requests.json"
    )
    assert log_line(BLIND) == "2026-11-22T03:12:27Z NO LOOK no source has come home from an earlier look"
    assert log_line(HEALTHY_FIRST).count("p95 38 ms") == 1, "the headline has said it"


def test_the_cost_in_words() -> None:
    assert cost_line(COST) == "1.4% of a core (at most 10%); a look: 5.2 s, 9 statements, 31 requests"
    first = Cost(share=None, limit=0.1, seconds=5.2, requests=19, cpu_s=0.9)
    assert cost_line(first) == "the first look: 5.2 s, 19 requests; 0.90 s of CPU"
    dear = Cost(share=0.1, limit=0.1, seconds=9.0, requests=1, dumps=20)
    assert cost_line(dear) == "10% of a core (at most 10%); a look: 9.0 s, 1 request, 20 stack dumps"


def test_sources_in_trouble_are_told_with_how_long_and_why() -> None:
    assert sources_line(DRAINED) == (
        "prometheus, processes and workers ok;"
        " postgres partial for 70 s (role app may not see other sessions);"
        " probe failed for 70 s (no answer within 2 s); 1 skipped"
    )


def test_a_gap_is_a_gap_and_nothing_is_drawn_before_the_first_look() -> None:
    assert sparkline([0.0, None, 1.0], 5, 1.0, STEPS) == "  ▁ █"
    assert sparkline([0.0] * 3 + [1.0] * 3, 4, 1.0, STEPS) == "▁███"
    assert sparkline([], 3, 1.0, STEPS) == "   "
    assert sparkline([1.0], 0, 1.0, STEPS) == ""
    assert sparkline([7.0, -1.0], 2, 0.0, STEPS) == "▁▁"


def test_what_the_highest_step_stands_for() -> None:
    assert top_of([0.2, None, 0.6], Unit.RATIO) == 1.0
    assert top_of([0.01, 0.03], Unit.RATIO) == 0.1
    assert top_of([1.5], Unit.RATIO) == 1.5
    assert top_of([0.2, 4.2], Unit.SECONDS) == 4.2
    assert top_of([None], Unit.SECONDS) == 0.0


def test_a_signal_that_is_not_seen_any_more_says_why() -> None:
    looks = (*DRAINED.looks, Look(at=BEGIN + 140, status=Status.CRITICAL, values={"http.rps": 3.0}))
    frame = render(replace(DRAINED, looks=looks), width=80, height=40)
    line = next(line for line in frame.splitlines() if "http.latency.p95" in line)
    assert line.rstrip().endswith("? not asked")


def _stripped(frame: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in frame.split("\n"))


def _without_colour(frame: str) -> str:
    return _stripped(re.sub(r"\x1b\[[\d;]*m", "", frame))
