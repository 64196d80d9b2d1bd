"""--help is the manual that is at hand at 3 a.m."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fastdiag import __version__
from fastdiag.cli.app import app
from fastdiag.cli.complete import symptoms
from fastdiag.config import access
from tests.cli.command import fastdiag
from tests.cli.conftest import Here

HelpOf = Callable[..., str]
COMMANDS = tuple(
    command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
)

GROUPS = tuple(str(group.name) for group in app.registered_groups)


@pytest.fixture
def help_of(here: Here, monkeypatch: pytest.MonkeyPatch) -> HelpOf:
    monkeypatch.setenv("COLUMNS", "80")

    def read(*command: str) -> str:
        ran = here.run(*command, "--help")
        assert (ran.code, ran.err) == (0, "")
        return ran.out

    return read


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_fits_80_columns_and_shows_how_it_is_used(command: str, help_of: HelpOf) -> None:
    page = help_of(command)
    assert max(map(len, page.splitlines())) <= 80
    assert "Examples" in page
    assert f"  fastdiag {command}" in page
    assert not re.search(r"<\w+>", page), "a placeholder without a name"
    for option in re.findall(r"^  (?:-\w, )?--[\w-]+.*", page, re.MULTILINE):
        assert re.search(r"  \S", option[4:]), f"no help for {option}"


@pytest.mark.parametrize("command", ["snapshot", "diagnose"])
def test_the_exit_codes_are_listed(command: str, help_of: HelpOf) -> None:
    codes = help_of(command).partition("Exit codes:\n")[2]
    assert re.findall(r"^    (\d)  ", codes, re.MULTILINE) == ["0", "1", "2", "3", "4"]


def test_the_environment_variables_are_named(help_of: HelpOf) -> None:
    page = help_of("snapshot")
    named = set(re.findall(r"[A-Z]+[\w*]+", page))
    assert {"PROMETHEUS_URL", "DATABASE_URL", "PG*", "FASTDIAG_DEBUG"} <= named
    assert {"PROMETHEUS_HEADERS", "PGBOUNCER_URL", "CELERY_BROKER_URL", "REDIS_URL"} <= named
    for api in (access.PROMETHEUS, access.LOKI):
        assert {api.url, api.headers, *api.access.values()} <= named


def test_the_symptoms_that_a_person_may_report_are_listed(help_of: HelpOf) -> None:
    listed = help_of("snapshot").partition("Symptoms (--symptom ID):\n")[2]
    assert re.findall(r"^    ([a-z-]+)  +\S", listed, re.MULTILINE) == symptoms("")
    assert "restart-fixes-temporarily" in symptoms("")


def test_the_first_page_says_where_to_begin(help_of: HelpOf) -> None:
    page = help_of()
    assert max(map(len, page.splitlines())) <= 80
    assert re.findall(r"^  (\w+)  ", page.partition("Commands:")[2], re.MULTILINE) == [*COMMANDS, *GROUPS]
    assert "Start with `fastdiag snapshot`" in page
    assert "..." not in page.partition("Commands:")[2], "a summary was cut off"


@pytest.mark.parametrize("arguments", [["-h"], ["snapshot", "-h"]])
def test_h_is_short_for_help(arguments: list[str], here: Here) -> None:
    ran = here.run(*arguments)
    assert ran.code == 0
    assert ran.out.startswith("Usage: fastdiag ")


def test_the_version() -> None:
    ran = fastdiag("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"fastdiag {__version__}\n", "")
