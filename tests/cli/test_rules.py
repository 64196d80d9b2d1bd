"""`fastdiag rules` and `fastdiag signals`: what the table holds, what is seen of it, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastdiag.rulebook.folders import builtin_rules
from tests.cli.command import DRAINED, written
from tests.cli.conftest import Here

OURS = """\
id: db-pool-exhaustion
title: Ours
explains: [low-cpu-high-latancy]
assumption: databases scale linearly
why: Because.
evidence:
  for:
    - {when: "db.pool.utilisation >= 95%", weight: strong, because: full}
    - {when: "db.pool.waiting >= 3s", weight: strong, because: queueing}
"""


@pytest.fixture
def ours(here: Here) -> Here:
    folder = here.folder / "ours" / "causes"
    folder.mkdir(parents=True)
    written(folder, OURS, "db-pool-exhaustion.yaml")
    return here


def test_all_causes_are_listed_with_what_they_rest_on(here: Here) -> None:
    ran = here.run("rules", "list")
    assert (ran.code, ran.err) == (0, "")
    files = {path.stem for path in builtin_rules().glob("causes/*.yaml")}
    assert {line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")} == files
    document = here.run("rules", "list", "-f", "json").document
    assert {row["seen"] is None for row in document["causes"]} == {True}


def test_with_a_snapshot_it_is_told_how_much_of_each_is_seen(here: Here) -> None:
    written(here.folder, DRAINED)
    rows = here.run("rules", "list", "snapshot.json", "-f", "json").document["causes"]
    (pool,) = [row for row in rows if row["id"] == "db-pool-exhaustion"]
    assert set(pool["seen"]) == {"service.cpu", "db.pool.utilization", "db.pool.waiting"} & set(
        pool["signals"]
    )
    assert (
        f"{len(pool['seen'])} of {len(pool['signals'])} signals seen"
        in here.run("rules", "list", "snapshot.json").out
    )


def test_a_rule_file_is_shown_as_it_stands(here: Here) -> None:
    ran = here.run("rules", "show", "db-pool-exhaustion")
    file = builtin_rules() / "causes" / "db-pool-exhaustion.yaml"
    assert (ran.code, ran.out) == (0, file.read_text())
    assert ran.err.strip().endswith("causes/db-pool-exhaustion.yaml")


def test_an_unknown_cause_gets_the_nearest(here: Here) -> None:
    ran = here.run("rules", "show", "db-pool-exhaustoin")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'db-pool-exhaustion'?" in ran.err


def test_the_built_in_table_has_no_findings(here: Here) -> None:
    ran = here.run("rules", "lint", "--strict")
    assert (ran.code, ran.out, ran.err) == (0, "0 errors, 0 warnings\n", "")


def test_every_fault_is_told_at_once_with_its_line(ours: Here) -> None:
    ran = ours.run("rules", "lint", "--rules", "ours")
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.endswith("3 errors, 0 warnings\n")
    place = "  --> ours/causes/db-pool-exhaustion.yaml:8:15\n"
    line = '  8 |     - {when: "db.pool.utilisation >= 95%", weight: strong, because: full}\n'
    assert place + line + " " * 20 + "^\n" in ran.out
    assert "did you mean 'db.pool.utilization'?" in ran.out
    assert "did you mean 'low-cpu-high-latency'?" in ran.out


def test_scripts_and_workflows_get_the_same(ours: Here) -> None:
    findings = json.loads(ours.run("rules", "lint", "--rules", "ours", "-f", "json").out)["findings"]
    assert [(one["level"], one["line"]) for one in findings] == [("error", 3), ("error", 8), ("error", 9)]
    ran = ours.run("rules", "lint", "--rules", "ours", "-f", "github")
    first, *rest = ran.out.splitlines()
    assert first.startswith("::error file=ours/causes/db-pool-exhaustion.yaml,line=3,col=12::")
    assert (ran.code, len(rest)) == (2, 2)


def test_a_file_that_cannot_be_read_at_all_is_a_finding(ours: Here) -> None:
    written(ours.folder / "ours" / "causes", "id: [", "broken.yaml")
    ran = ours.run("rules", "lint", "--rules", "ours")
    assert ran.code == 2
    assert "ours/causes/broken.yaml:2:1" in ran.out


def test_findings_can_be_kept(ours: Here) -> None:
    assert ours.run("rules", "lint", "--rules", "ours", "-f", "json", "-o", "found.json").code == 2
    assert len(json.loads(Path(ours.folder / "found.json").read_text())["findings"]) == 3


def test_hostile_rules_are_text(ours: Here) -> None:
    hostile = OURS.replace("title: Ours", 'title: "x"\nx\x1b[31m[red]: 1')
    written(ours.folder / "ours" / "causes", hostile, "db-pool-exhaustion.yaml")
    for form in ("terminal", "json", "github"):
        out = ours.run("rules", "lint", "--rules", "ours", "-f", form).out
        assert "\x1b" not in out


def test_signals_are_found_by_the_beginning_of_their_name(here: Here) -> None:
    rows = here.run("signals", "db.pool.", "-f", "json").document["signals"]
    assert {row["id"] for row in rows} >= {"db.pool.waiting", "db.pool.size"}
    assert all(row["id"].startswith("db.pool.") for row in rows)


def test_a_signal_shows_its_value_or_why_there_is_none(here: Here) -> None:
    written(here.folder, DRAINED)
    assert "db.pool.waiting  14  " in here.run("signals", "db.pool.waiting", "--in", "snapshot.json").out
    assert "db.pool.size  ?" in here.run("signals", "db.pool.size", "--in", "snapshot.json").out
    assert "db.pool.size  (count)  " in here.run("signals", "db.pool.size").out


def test_an_unknown_signal_gets_the_nearest(here: Here) -> None:
    ran = here.run("signals", "http.latancy.p95")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'http.latency.p95'?" in ran.err


@pytest.mark.parametrize(
    ("part", "name", "file"),
    [
        ("cause", "cert-expired", "causes/cert-expired.yaml"),
        ("signal", "shop.queue.depth", "signals/shop.queue.depth.yaml"),
    ],
)
def test_a_new_rule_file_is_valid_as_it_stands(part: str, name: str, file: str, here: Here) -> None:
    ran = here.run("rules", "new", part, name, "--rules", "ours")
    assert (ran.code, ran.out) == (0, "")
    assert f"ours/{file} written" in ran.err
    assert here.run("rules", "lint", "--strict", "--rules", "ours").out == "0 errors, 0 warnings\n"
    assert here.run("explain", name, "--rules", "ours").code == 0
    again = here.run("rules", "new", part, name, "--rules", "ours")
    assert (again.code, again.err.partition("\n")[0]) == (2, f"error: ours/{file} exists already")


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("cause", "Cert Expired", "'Cert Expired' cannot be the id of a cause"),
        ("signal", "depth", "'depth' cannot be the id of a signal"),
        ("cause", "../../etc/x", "'../../etc/x' cannot be the id of a cause"),
        ("symptom", "slow", "the first word must be one of cause, signal, scenario, and is 'symptom'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(part: str, name: str, said: str, here: Here) -> None:
    ran = here.run("rules", "new", part, name)
    assert (ran.code, ran.err.partition("\n")[0]) == (2, f"error: {said}")
    assert list(here.folder.iterdir()) == []


def test_rules_alone_show_what_there_is(here: Here) -> None:
    ran = here.run("rules")
    assert (ran.code, ran.out) == (2, "")
    assert "lint" in ran.err


@pytest.mark.parametrize("command", ["list", "show", "lint", "test", "new"])
def test_each_page_of_help_fits_80_columns(command: str, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = here.run("rules", command, "--help").out
    assert max(map(len, page.splitlines())) <= 80
    assert f"  fastdiag rules {command}" in page
