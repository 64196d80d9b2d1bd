"""`fastdiag coverage` from the command line: formats, exit codes, and what it refuses."""

from __future__ import annotations

import os

import pytest

from fastdiag.cli.coverage import parse_least
from fastdiag.model.checklist import Coverage
from tests.cli.conftest import Here
from tests.collectors.pages import serving
from tests.coverage.answers import answers, facts, page
from tests.coverage.test_requests import counted, timed
from tests.stack.ports import LOOPBACK, free_port

ONLY = ("--only", "scrape", "--deadline", "2s", "--service", "shop", "--pid", str(os.getpid()))
"""Whatever else runs on this machine is another service."""


def run_on_page(here: Here, *options: str) -> tuple[int, str]:
    with serving() as pages:
        pages.serve([counted(["/orders/{id}"]) + timed()] * 12)
        ran = here.run("coverage", "--metrics-url", pages.url, *ONLY, *options)
    return ran.code, ran.out


def test_three_items_of_a_page_are_visible(here: Here) -> None:
    code, out = run_on_page(here)
    assert code == 0
    assert out.startswith("3 of 12 observability items of shop are visible, ")
    assert "\nvisible      p95 and p99 latency\n" in out


@pytest.mark.parametrize(
    ("least", "is_met"),
    [("3", True), ("4", False), ("25%", True), ("26%", False), ("0", True), ("100%", False)],
)
def test_visible_items_are_held_against_a_number_or_a_share(least: str, *, is_met: bool) -> None:
    found = answers(facts(page(counted(["/orders/{id}"]) + timed())))
    told = Coverage(service="shop", taken_at="", items=tuple(found.values()), sources={})
    assert told.visible == 3
    assert parse_least(least).is_met(told) is is_met


def test_too_few_visible_items_fail(here: Here) -> None:
    code, out = run_on_page(here, "--fail-under", "75%")
    assert code == 1
    assert out.startswith("3 of 12 ")


@pytest.mark.parametrize("wrong", ["many", "-1", "101%", "7.5", "", "٣"])
def test_what_is_neither_a_number_nor_a_share_is_refused(wrong: str, here: Here) -> None:
    ran = here.run("coverage", f"--fail-under={wrong}")
    assert ran.code == 2
    assert "--fail-under" in ran.err


def test_a_source_of_which_nobody_is_shown_is_refused(here: Here) -> None:
    ran = here.run("coverage", "--only", "postgres")
    assert ran.code == 2
    assert "the checklist is not answered by 'postgres'" in ran.err


def test_the_objective_comes_from_the_configuration(here: Here) -> None:
    (here.folder / "fastdiag.yaml").write_text("parameters: {slow: 300ms}\n", encoding="utf-8")
    screen = " ".join(run_on_page(here)[1].split())
    assert "whether the objective of 300 ms is met is a guess" in screen


def test_nothing_to_look_at_is_told_by_the_exit_code(here: Here) -> None:
    ran = here.run("coverage", "--metrics-url", f"http://{LOOPBACK}:{free_port()}/metrics", *ONLY)
    assert ran.code == 3
    assert "cannot connect" in ran.out


def test_a_file_is_written_in_the_format_of_its_name(here: Here) -> None:
    code, out = run_on_page(here, "-o", "coverage.md")
    assert (code, out) == (0, "")
    assert (
        (here.folder / "coverage.md").read_text(encoding="utf-8").startswith("# 3 of 12 observability items")
    )
