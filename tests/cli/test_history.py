"""`fastdiag history`: lists, shows, marks and prunes what was kept; says what is wrong with it."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep
from fastdiag.model.moment import iso_of
from tests.cli.command import DRAINED, written
from tests.cli.conftest import Here
from tests.history.runs import POOL, cause, run

HOUR_S = 3600.0


@pytest.fixture
def kept(here: Here) -> Here:
    """Return a place with a history of three runs, an hour apart, the last one with a drained pool."""
    written(here.folder, "history: history.sqlite\n", "fastdiag.yaml")
    with closing(open_store(HistoryPlace(store=here.folder / "history.sqlite"))) as store:
        for hours in (3, 2, 1):
            moment = iso_of(time.time() - hours * HOUR_S)
            document = {**json.loads(DRAINED), "service": "shop", "taken_at": moment}
            found = run(0, *([cause(POOL)] if hours != 2 else []))
            store.add(replace(found, taken_at=moment), json.dumps(document))
    return here


def test_runs_and_what_recurs_are_listed(kept: Here) -> None:
    ran = kept.run("history", "list")
    assert (ran.code, ran.err) == (0, "note: settings from fastdiag.yaml\n")
    first, where, *_ = ran.out.splitlines()
    assert first == "3 runs of shop, 0 marks"
    assert where == str(kept.folder / "history.sqlite")
    assert "The database connection pool is exhausted  in 2 of 3 runs, 2 episodes" in ran.out
    assert [line.split()[0] for line in ran.out.splitlines()[-3:]] == ["3", "2", "1"]


def test_only_what_is_asked_for_is_listed(kept: Here) -> None:
    assert kept.run("history", "list", "--since", "90min").out.startswith("1 run of shop")
    assert kept.run("history", "list", "--since", "150min ago").out.startswith("2 runs of shop")
    assert kept.run("history", "list", "-n", "1").out.startswith("the latest 1 run of shop")
    assert kept.run("history", "list", "--service", "mail").out.startswith("nothing is kept here yet")
    assert kept.run("history", "list", "--host", "web-1").out.startswith("3 runs of shop")
    assert kept.run("history", "list", "--host", "web-2").out.startswith("nothing is kept here yet")


def test_the_formats(kept: Here) -> None:
    assert kept.run("history", "list", "-o", "history.md").code == 0
    assert (kept.folder / "history.md").read_text().startswith("# History: 3 runs of shop")
    document = kept.run("history", "list", "-f", "json").document
    assert [one["id"] for one in document["runs"]] == [3, 2, 1]
    assert [one["runs"] for one in document["recurrences"]] == [2]


def test_a_run_is_shown_in_full_and_its_snapshot_can_be_kept(kept: Here) -> None:
    ran = kept.run("history", "show", "latest", "--save", "now.json")
    assert ran.code == 0
    assert "note: run 3, report on web-1, " in ran.err
    assert "it said critical: db-pool-exhaustion 71%" in ran.err
    assert "The database connection pool is exhausted" in ran.out
    assert kept.run("diagnose", "now.json").out == ran.out
    document = kept.run("history", "show", "1", "-f", "json").document
    assert document["causes"][0]["id"] == POOL
    assert kept.run("history", "show", "2", "--fail-on", "critical").code == 1


@pytest.mark.parametrize("wanted", ["17", "0", "first", "9" * 30, "1.5"])
def test_a_run_that_there_is_not(wanted: str, kept: Here) -> None:
    ran = kept.run("history", "show", wanted)
    assert (ran.code, ran.out) == (2, "")
    assert f"there is no run {wanted!r}" in ran.err
    assert "hint: `fastdiag history list` lists them" in ran.err


def test_a_run_whose_snapshot_went_says_what_it_found(kept: Here) -> None:
    with closing(open_store(HistoryPlace(store=kept.folder / "history.sqlite"))) as store:
        store.prune(Keep(age_s=1e9, size_bytes=1))
    ran = kept.run("history", "show", "3")
    assert ran.code == 0, "the newest one stays"


def test_an_event_is_put_on_the_timeline(kept: Here) -> None:
    ran = kept.run("history", "mark", "deploy v1.2", "--service", "shop", "--at", "90min ago")
    assert ran.code == 0
    assert "deploy v1.2  (shop), kept in " in ran.out
    listed = kept.run("history", "list").out.splitlines()
    assert listed[0] == "3 runs of shop, 1 mark"
    assert "* deploy v1.2" in listed[-3]
    assert "after 'deploy v1.2'" in " ".join(" ".join(listed).split())


def test_an_event_before_the_first_run_is_listed_and_one_before_those_that_are_shown_is_not(
    kept: Here,
) -> None:
    kept.run("history", "mark", "deploy v1.1", "--service", "shop", "--at", "5h ago")
    assert "* deploy v1.1" in kept.run("history", "list").out.splitlines()[-1]
    assert "deploy v1.1" not in kept.run("history", "list", "-n", "2").out.split("Timeline")[1]


def test_a_mark_without_a_service_concerns_all(kept: Here) -> None:
    assert "(every service)" in kept.run("history", "mark", "failover").out
    assert "* failover" in kept.run("history", "list", "--service", "shop", "--since", "1d").out


@pytest.mark.parametrize(("text", "said"), [("", "the mark is empty"), (" ", "the mark is empty")])
def test_an_empty_mark_is_refused(text: str, said: str, kept: Here) -> None:
    ran = kept.run("history", "mark", text)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_what_is_old_is_dropped(kept: Here) -> None:
    assert kept.run("history", "prune").out.startswith("nothing was too old or too much in ")
    assert kept.run("history", "prune", "--keep", "100min").out.startswith(
        "dropped 2 runs, 2 snapshots, 0 marks: "
    )
    assert kept.run("history", "list").out.startswith("1 run of shop")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prune", "--keep", "1s"), "--keep must be 60 min to"),
        (("prune", "--size", "much"), "--size makes no sense"),
        (("list", "--since", "tomorrow"), "--since must be a moment"),
        (("list", "--since", "5%"), "--since must be a time"),
        (("list", "--limit", "0"), "--limit must be a number from 1 to 1000"),
        (("list", "--history", ""), "--history is empty"),
        (("list", "--history", "off"), "the history is off"),
        (("mark", "deploy", "--at", "in 5 minutes"), "--at must be a moment"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], said: str, kept: Here) -> None:
    ran = kept.run("history", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert f"error: {said}" in ran.err or said in ran.err


def test_a_damaged_history_is_told_once_and_set_aside(kept: Here) -> None:
    path = kept.folder / "history.sqlite"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 90000)
    ran = kept.run("history", "list")
    assert (ran.code, ran.out) == (2, "")
    assert "the history is damaged" in ran.err
    assert "it was set aside" in ran.err
    assert kept.run("history", "list").out.startswith("nothing is kept here yet")
    assert list(kept.folder.glob("history.sqlite.damaged-*"))


def test_the_default_place_is_the_users_own(
    here: Here, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ran = here.run("history", "mark", "deploy v1.2")
    assert ran.code == 0
    monkeypatch.setenv("FASTDIAG_HISTORY", "off")
    assert "the history is off" in here.run("history", "list").err


@pytest.mark.parametrize("command", ["list", "show", "mark", "prune"])
def test_each_page_of_help_fits_and_has_examples(
    command: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = here.run("history", command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert f"\n    fastdiag history {command}" in ran.out, "each example has a line of its own"


def test_without_a_command_it_says_what_there_is(here: Here) -> None:
    ran = here.run("history")
    assert (ran.code, ran.out) == (2, "")
    assert "prune" in ran.err
