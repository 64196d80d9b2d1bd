"""Side by side the outcome is the same, and a process that dies is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fastdiag.errors import FastdiagError
from fastdiag.model.rule import Rulebook
from fastdiag.trial.cases import cases_of
from fastdiag.trial.team import WORTH_A_PROCESS, Desk, team
from tests.trial.tables import table

TASKS = [number % 4 for number in range(2 * WORTH_A_PROCESS)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    rules: Rulebook = table(tmp_path / "rules")
    return Desk(rules, cases_of(rules))


def where(desk: Desk, number: int) -> tuple[int, str]:
    return os.getpid(), desk.cases[number].label


def dies(_desk: Desk, _number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_processes_find_what_one_alone_finds(desk: Desk) -> None:
    with team(desk, len(TASKS), jobs=2) as crew:
        side_by_side = dict(crew.each(where, TASKS))
    with team(desk, len(TASKS), jobs=1) as crew:
        alone = dict(crew.each(where, TASKS))
    assert [side_by_side[at][1] for at in range(len(TASKS))] == [alone[at][1] for at in range(len(TASKS))]
    assert os.getpid() not in {process for process, _ in side_by_side.values()}
    assert {process for process, _ in alone.values()} == {os.getpid()}


def test_few_tasks_are_not_worth_a_process(desk: Desk) -> None:
    with team(desk, WORTH_A_PROCESS - 1, jobs=8) as crew:
        assert {process for _, (process, _) in crew.each(where, TASKS[:3])} == {os.getpid()}


def test_a_process_that_is_killed_ends_in_a_sentence(desk: Desk) -> None:
    with pytest.raises(FastdiagError, match="was killed") as caught, team(desk, len(TASKS), jobs=2) as crew:
        list(crew.each(dies, TASKS))
    assert "--jobs 1" in (caught.value.hint or "")
