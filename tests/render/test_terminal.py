"""What must hold for every screen, whatever its wording."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from fastdiag.model.diagnosis import Diagnosis, Fact
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Missing, Part, Reason
from fastdiag.render import terminal
from fastdiag.render.words import lowered
from tests.render.diagnoses import (
    ALL,
    BLIND,
    HEALTHY,
    LOCKS,
    POOL,
    POOL_DRAINED,
    PROBE,
    PROMETHEUS,
    STUCK,
    UNDECIDED,
    UPSTREAM,
    by_signal,
    reading,
)

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def commands(diagnosis: Diagnosis) -> tuple[str, ...]:
    checks = (check.run for cause in diagnosis.causes for check in cause.check)
    return (*checks, *(f"fastdiag explain {symptom.id}" for symptom in diagnosis.symptoms))


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_but_commands_is_wider_than_the_screen(diagnosis: Diagnosis, width: int) -> None:
    lines = terminal.render(diagnosis, width=width, verbose=True).splitlines()
    wide = [line for line in lines if cell_len(line) > width]
    assert [line for line in wide if not any(command in line for command in commands(diagnosis))] == []


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
def test_colour_only_repeats_what_the_words_say(diagnosis: Diagnosis) -> None:
    coloured = terminal.render(diagnosis, color=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == terminal.render(diagnosis, color=False)


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
def test_a_pipe_gets_no_escape_sequence_whatever_the_environment_says(
    diagnosis: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "33")
    text = terminal.render(diagnosis, width=80, color=False)
    assert "\x1b" not in text
    assert text == terminal.render(diagnosis, width=80)


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no-such-encoding"])
def test_a_terminal_without_block_characters_gets_none(diagnosis: Diagnosis, encoding: str) -> None:
    text = terminal.render(diagnosis, encoding=encoding)
    assert not set("█░└") & set(text)
    assert text.encode("ascii" if encoding == "no-such-encoding" else encoding)


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
def test_the_first_word_is_the_status(diagnosis: Diagnosis) -> None:
    assert terminal.render(diagnosis).startswith(f"{diagnosis.status.upper()}  ")


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
def test_no_line_ends_in_blanks(diagnosis: Diagnosis) -> None:
    lines = terminal.render(diagnosis, verbose=True).split("\n")
    assert [line for line in lines if line != line.rstrip()] == []


def test_a_healthy_service_needs_few_lines() -> None:
    assert len(terminal.render(HEALTHY).splitlines()) < 12


def test_a_comparison_is_never_broken_over_two_lines() -> None:
    for width in range(50, 90):
        assert "db.pool.utilization 100% >= 95%" in terminal.render(POOL_DRAINED, width=width)


def test_a_command_stays_in_one_piece_so_that_it_can_be_copied() -> None:
    assert LOCKS.check[0].run in terminal.render(POOL_DRAINED, width=60)


def test_a_fix_is_proposed_only_for_what_the_headline_names() -> None:
    text = terminal.render(POOL_DRAINED)
    assert LOCKS.fix is not None
    assert UPSTREAM.fix is not None
    assert LOCKS.fix.now[:40] in text
    assert UPSTREAM.fix.now not in text
    assert UPSTREAM.fix.now in terminal.render(UNDECIDED)


def test_thresholds_of_the_user_are_said_not_named() -> None:
    text = terminal.render(POOL_DRAINED)
    assert "unanswered for longer than 1s" in text
    assert "$slow" not in text


def test_log_odds_are_for_those_who_ask() -> None:
    assert "log odds" not in terminal.render(POOL_DRAINED)
    assert "[log odds +4.1]" in terminal.render(POOL_DRAINED, verbose=True)


def test_what_rules_a_cause_out_has_no_number() -> None:
    out = Fact(because="no", when="a < 1", said="a 0 < 1", log_odds=float("-inf"), signals={}, reasons={})
    diagnosis = replace(POOL_DRAINED, causes=(replace(LOCKS, contradicts=(out,)),))
    assert "[rules it out]" in terminal.render(diagnosis, verbose=True)


def test_of_many_facts_the_strongest_are_shown_and_the_rest_counted() -> None:
    facts = tuple(
        Fact(because=f"fact {n}", when="w", said="s", log_odds=n, signals={}, reasons={}) for n in range(7)
    )
    text = terminal.render(replace(POOL_DRAINED, causes=(replace(LOCKS, supports=facts),)))
    assert [n for n in range(7) if f"fact {n}:" in text] == [3, 4, 5, 6]
    assert "and 3 more (-v)" in text


def test_a_circle_of_drivers_loses_no_cause() -> None:
    circle = (replace(LOCKS, driven_by=POOL.id), replace(POOL, driven_by=LOCKS.id))
    text = terminal.render(replace(POOL_DRAINED, causes=circle))
    assert text.count(f"1  {LOCKS.title}") == 1
    assert text.count(f"as a result  {POOL.title}") == 1


def test_blind_spots_take_one_line_beside_a_failure() -> None:
    told = replace(BLIND, explains=("slow-request-logs-only",))
    beside = terminal.render(replace(POOL_DRAINED, causes=(LOCKS, told)))
    alone = terminal.render(replace(POOL_DRAINED, conclusive=False, causes=(told,)))
    assert f"Blind spots  {lowered(BLIND.title)}\n" in beside
    assert f"   {BLIND.title}  possible 40%" in alone, "where nothing else is found they are the answer"


def test_a_symptom_that_only_blind_spots_explain_is_no_news_beside_a_failure() -> None:
    logs = replace(STUCK, id="slow-request-logs-only", title="Nothing says where the time went")
    told = replace(BLIND, explains=(logs.id,))
    found = replace(POOL_DRAINED, symptoms=(STUCK, logs), causes=(LOCKS, told))
    assert logs.title not in terminal.render(found)
    assert logs.title in terminal.render(found, verbose=True)
    assert logs.title in terminal.render(replace(found, causes=(told,)))


def test_what_was_answered_is_not_called_slow_while_requests_only_hang() -> None:
    assert "slowest   POST /checkout" in terminal.render(POOL_DRAINED)
    assert "slowest" not in terminal.render(replace(POOL_DRAINED, symptoms=(STUCK,)))


def test_known_process_ids_stand_in_commands() -> None:
    check = replace(LOCKS.check[0], run="sudo py-spy dump --pid WORKER_PID; kill PID")
    busy = reading(
        "http.in_flight",
        Unit.COUNT,
        9.0,
        by=(
            Part(labels=(("worker", "4712"),), value=2.0),
            Part(labels=(("worker", "4713"),), value=7.0),
        ),
    )
    snapshot = replace(POOL_DRAINED.snapshot, readings={**POOL_DRAINED.snapshot.readings, **by_signal(busy)})
    causes = (replace(LOCKS, check=(check,)),)
    assert "py-spy dump --pid 4713; kill 4711" in terminal.render(
        replace(POOL_DRAINED, snapshot=snapshot, causes=causes)
    )
    assert "--pid WORKER_PID; kill PID" in terminal.render(
        replace(POOL_DRAINED, snapshot=replace(snapshot, sources=(), readings={}), causes=causes)
    )


def test_a_source_that_has_failed_is_not_to_be_asked_to_be_surer() -> None:
    check = POOL_DRAINED.next_checks[0]
    failed = {check.signal: Missing(Reason.FAILED, "postgres: connection refused")}
    snapshot = replace(POOL_DRAINED.snapshot, missing=failed)
    assert check.run in terminal.render(POOL_DRAINED)
    only = replace(POOL_DRAINED, snapshot=snapshot, next_checks=(check,))
    assert "To be surer" not in terminal.render(only)


def test_beside_a_healthy_service_it_is_told_which_source_failed_and_why() -> None:
    broken = replace(HEALTHY.snapshot, sources=(PROMETHEUS, PROBE))
    text = terminal.render(replace(HEALTHY, snapshot=broken))
    assert text.startswith("OK  ")
    assert "probe: http://127.0.0.1:8000/: no answer within 2 s; raise" in text


def test_doubts_about_what_nothing_rests_on_are_for_those_who_ask() -> None:
    growth = reading("process.fds.growth", Unit.COUNT, 0.1, bias="the pace of 4 s")
    snapshot = replace(HEALTHY.snapshot, readings={**HEALTHY.snapshot.readings, **by_signal(growth)})
    healthy = replace(HEALTHY, snapshot=snapshot)
    assert "the pace of 4 s" not in terminal.render(healthy)
    assert "the pace of 4 s" in terminal.render(healthy, verbose=True)
