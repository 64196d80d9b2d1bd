"""`fastdiag explain` is the page that an on-call engineer reads before acting."""

from __future__ import annotations

import pytest

from fastdiag import pipeline
from fastdiag.config import Settings
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import Comparison, Operand, Operator, Rulebook, Symptom
from fastdiag.model.signal import Catalogue, Signal
from fastdiag.render.explain import render
from tests.cli.command import written
from tests.cli.conftest import Here


def test_a_cause_is_told_from_mechanism_to_fix(here: Here) -> None:
    ran = here.run("explain", "db-pool-exhaustion")
    assert (ran.code, ran.err) == (0, "")
    begins = [
        "The database connection pool is exhausted",
        "Speaks for it",
        "Speaks against it",
        "Check",
        "Fix",
        "Read on",
    ]
    places = [ran.out.index(begin) for begin in begins]
    assert places == sorted(places)
    assert "requests are queueing for a connection: db.pool.waiting >= 1 or db.pool" in " ".join(
        ran.out.split()
    )


def test_a_symptom_tells_its_thresholds_as_they_are_in_force(here: Here) -> None:
    written(here.folder, "parameters: {slow: 300ms}", "fastdiag.yaml")
    ran = here.run("explain", "low-cpu-high-latency")
    assert "   $slow = 300ms\n   $very_slow = 3s\n" in ran.out
    assert "    1  db-pool-exhaustion: The database connection pool is exhausted" in ran.out


def test_a_symptom_that_no_metric_shows_tells_how_to_report_it() -> None:
    symptom = Symptom(id="own", title="Lost", when=None, severity={}, means="It is lost.", suspects=())
    page = render("own", Rulebook(catalogue=Catalogue(), symptoms=(symptom,)))
    assert "only a person can tell: --symptom own" in page
    assert "Parameters" not in page


def test_a_signal_tells_who_quotes_it_and_nobody_else(here: Here) -> None:
    ran = here.run("explain", "http.latency.p99")
    assert ran.out.startswith("http.latency.p99  (s)\n")
    quoted = ran.out.partition("Quoted by\n")[2].splitlines()
    assert any(line.strip().startswith("random-timeouts: ") for line in quoted)
    assert not any("low-cpu-high-latency" in line for line in quoted), "it quotes p95"


def test_a_signal_whose_name_begins_like_another_is_not_mistaken_for_it() -> None:
    when = Comparison(Operand("a.b.c"), Operator.GT, Quantity(1, Unit.SECONDS, "1s"))
    signals = {name: Signal(id=name, unit=Unit.SECONDS, title="x") for name in ("a.b", "a.b.c")}
    symptom = Symptom(id="own", title="Slow", when=when, severity={}, means="It is slow.", suspects=())
    book = Rulebook(catalogue=Catalogue(signals), symptoms=(symptom,))
    assert render("a.b.c", book).endswith("Quoted by\n   own: a.b.c > 1s\n")
    assert "Quoted by" not in render("a.b", book)


def test_a_limit_tells_what_happens_there_and_how_to_raise_it(here: Here) -> None:
    ran = here.run("explain", "db-slots")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Database connections  (db-slots)\nThe database refuses connections")
    assert "Turns into  db-connection-limit: " in ran.out
    assert "db.connections.total of db.connections.usable\n" in ran.out
    assert "max_connections" in ran.out.partition("Set by\n")[2]
    assert "did you mean db-slots?" in here.run("explain", "slots").err


def test_every_limit_can_be_explained() -> None:
    book = pipeline.rules(Settings())
    pages = {limit.id: render(limit.id, book) for limit in book.limits}
    assert all(limit.title in pages[limit.id] and "Set by" in pages[limit.id] for limit in book.limits)


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_prose_keeps_within_the_screen(width: str, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    ran = here.run("explain", "hanging-requests")
    prose = [line for line in ran.out.splitlines() if len(line.split()) > 1]
    assert max(map(len, prose)) <= int(width)


def test_as_markdown_it_is_a_page_of_a_runbook(here: Here) -> None:
    ran = here.run("explain", "event-loop-blocking", "-f", "markdown")
    lines = ran.out.splitlines()

    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == "# A blocking call holds up the event loop  (event-loop-blocking)"
    assert "```sh\npy-spy dump --pid WORKER\\_PID\n```" not in ran.out  # a command stays as it is typed
    assert "```sh\npy-spy dump --pid WORKER_PID\n```" in ran.out
    assert "- <https://fastapi.tiangolo.com/async/>" in lines
    assert [line for line in lines if line.startswith("## ")] == [
        "## Speaks for it",
        "## Speaks against it",
        "## Check",
        "## Fix",
        "## Read on",
    ]  # fmt: skip - one line
