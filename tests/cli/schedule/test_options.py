"""`fastdiag schedule`: the present configuration, written down for systemd, cron and Kubernetes."""

from __future__ import annotations

import inspect
import re

import pytest

from fastdiag.cli.report import report
from fastdiag.cli.schedule.cron import cron
from tests.cli.command import written
from tests.cli.conftest import Here
from tests.cli.schedule.kinds import KINDS, command, container


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_typed_is_carried_over(kind: str, here: Here) -> None:
    typed = (
        "--service",
        "shop",
        "--only",
        "probe",
        "--only",
        "logs",
        "--window",
        "15m",
        "--over",
        "1d",
        "-v",
    )
    ran = here.run(
        "schedule", kind, *KINDS[kind], *typed, "-f", "json", "--no-stacks", "--fail-on", "critical"
    )
    assert (ran.code, ran.err) == (0, "")
    expected = (
        "report --service shop --only probe --only logs --no-stacks --window 15m --over 1d"
        " --format json --fail-on critical --verbose --if-running skip"
    )
    found = " ".join(container(ran.out)["args"]) if kind == "kubernetes" else command(ran.out)
    assert expected in found


def test_every_option_of_the_report_is_taken_but_for_what_does_not_last(here: Here) -> None:
    ours, theirs = (set(inspect.signature(one).parameters) for one in (cron, report))
    assert theirs - ours == {"pid", "at", "mark", "saved"}
    assert here.run("schedule", "cron", "--pid", "41").code == 2


def test_paths_are_absolute_because_the_run_begins_elsewhere(here: Here) -> None:
    (here.folder / "ours").mkdir()
    written(here.folder, "service: shop\n", "fastdiag.yaml")
    ran = here.run("schedule", "systemd", "--rules", "ours", "--log", "app.log", "-o", "sub/../shop.html")
    line, folder = command(ran.out), here.folder
    assert f"report --config {folder}/fastdiag.yaml " in line
    assert f" --rules {folder}/ours " in line
    assert f" --log {folder}/app.log " in line
    assert f" --output {folder}/shop.html " in line
    assert f'\nReadWritePaths="{folder}"\n' in ran.out
    assert "Description=Health report of shop, by fastdiag" in ran.out


def test_what_the_file_reads_stays_readable(here: Here) -> None:
    home = "/home/ops"
    written(here.folder, f"log: {home}/app.log\n", "fastdiag.yaml")
    assert "\nProtectHome=read-only\n" in here.run("schedule", "systemd", "--program", "/usr/bin/env").out
    server = f"prometheus: {{url: 'http://prom', ca_file: {home}/ca.pem, token: '${{TOKEN}}'}}\n"
    written(here.folder, server, "fastdiag.yaml")
    assert "\nProtectHome=read-only\n" in here.run("schedule", "systemd", "--program", "/usr/bin/env").out
    written(here.folder, "service: shop\n", "fastdiag.yaml")
    assert "\nProtectHome=yes\n" in here.run("schedule", "systemd", "--program", "/usr/bin/env").out


def test_units_are_written_where_asked_and_not_over_others(here: Here) -> None:
    (here.folder / "units").mkdir()
    ran = here.run("schedule", "systemd", "--service", "shop", "--write", "units")
    assert (ran.code, ran.out) == (0, "")
    assert "next: systemctl daemon-reload && systemctl enable --now fastdiag-shop.timer" in ran.err
    names = ["fastdiag-shop.service", "fastdiag-shop.timer"]
    assert sorted(path.name for path in (here.folder / "units").iterdir()) == names
    again = here.run("schedule", "systemd", "--service", "shop", "--write", "units", "--every", "1h")
    assert again.code == 2
    assert "exists already" in again.err
    assert "--force" in again.err
    forced = here.run(
        "schedule", "systemd", "--service", "shop", "--write", "units", "--every", "1h", "--force"
    )
    assert forced.code == 0
    assert "00/1:" in (here.folder / "units" / "fastdiag-shop.timer").read_text()


def test_what_a_user_without_rights_cannot_read_is_told(here: Here) -> None:
    written(here.folder, "service: shop\n", "fastdiag.yaml").chmod(0o600)
    ran = here.run("schedule", "systemd", "--program", "/usr/bin/env")
    assert f"note: the user of the unit cannot read {here.folder}/fastdiag.yaml" in ran.err
    assert "cannot read" not in here.run("schedule", "systemd", "--user", "shop").err


def test_the_tab_key_knows_the_values_of_the_reports_options(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "fastdiag schedule systemd --only pr"
    for name, value in {"COMP_WORDS": line, "COMP_CWORD": "4", "_FASTDIAG_COMPLETE": "complete_bash"}.items():
        monkeypatch.setenv(name, value)
    assert here.run().out.split() == ["prometheus", "processes", "probe"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_help_fits_80_columns_and_shows_examples(
    kind: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = here.run("schedule", kind, "--help").out
    assert max(map(len, page.splitlines())) <= 80
    assert f"    fastdiag schedule {kind} " in page
    assert "--every TIME" in page


def test_without_a_kind_the_help_is_on_stderr(here: Here) -> None:
    ran = here.run("schedule")
    assert (ran.code, ran.out) == (2, "")
    assert re.findall(r"^  (systemd|cron|kubernetes)  ", ran.err, re.MULTILINE) == list(KINDS)
