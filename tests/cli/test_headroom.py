"""`fastdiag headroom`: offline and live, its formats, its exit codes."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.command import BLIND, written
from tests.cli.conftest import Here
from tests.collectors.watching import DEPOT, crowd
from tests.stack.apps import ServerKind, app_server
from tests.stack.ports import LOOPBACK

BUSY = """\
{"schema": 1, "service": "shop", "signals": {
  "http.rps": {"value": 40}, "db.pool.in_use": {"value": 40}, "db.pool.size": {"value": 60},
  "workers.count": {"value": 4}, "db.connections.usable": {"value": 50}
}}
"""
"""The pool lasts for one and a half times the traffic; the pools together never fit the database."""


def test_a_saved_snapshot_tells_what_breaks_first(here: Here) -> None:
    written(here.folder, BUSY)
    ran = here.run("headroom", "snapshot.json")
    assert (ran.code, ran.err) == (0, "")
    first, *rest = ran.out.splitlines()
    assert first.startswith("HEADROOM  shop: first limit: database connection pool, at 1.5 x today's traffic")
    assert any(line.startswith("  x1.5  ") and "40 of 60" in line for line in rest)
    assert any("4 workers x 15 = 60 of 50 usable slots: 10 too many" in line for line in rest)


@pytest.mark.parametrize(("least", "code"), [("1.4", 0), ("1.5", 0), ("1.6", 1), ("x2", 1)])
def test_too_little_room_fails_on_demand(least: str, code: int, here: Here) -> None:
    written(here.folder, BUSY)
    ran = here.run("headroom", "snapshot.json", "--fail-under", least, "-f", "json")
    assert (ran.code, ran.err) == (code, "")
    assert ran.document["tightest"] == {"id": "db-pool", "multiple": 1.5}


@pytest.mark.parametrize("least", ["0", "-1", "nan", "inf", "much", ""])
def test_a_multiple_that_is_none_is_refused(least: str, here: Here) -> None:
    written(here.folder, BUSY)
    ran = here.run("headroom", "snapshot.json", "--fail-under", least)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: --fail-under must be a number above 0, such as 1.5, and is {least!r}\n"


def test_what_is_not_known_does_not_fail(here: Here) -> None:
    written(here.folder, '{"schema": 1, "signals": {"service.cpu": {"value": "1%"}}}')
    ran = here.run("headroom", "snapshot.json", "--fail-under", "5", "-f", "json")
    assert (ran.code, ran.document["tightest"]) == (0, None)


def test_nothing_collected_is_told_by_the_code(here: Here) -> None:
    written(here.folder, BLIND)
    ran = here.run("headroom", "snapshot.json", "--fail-under", "1.5")
    assert ran.code == 3
    assert "no limit could be seen" in ran.out
    assert "prometheus: refused" in ran.out


def test_the_suffix_of_the_output_decides_the_format(here: Here) -> None:
    written(here.folder, BUSY)
    assert here.run("headroom", "snapshot.json", "-o", "room.md").code == 0
    assert (here.folder / "room.md").read_text().startswith("# Headroom: shop: ")
    assert here.run("headroom", "snapshot.json", "-o", "room.json").code == 0
    assert json.loads((here.folder / "room.json").read_text())["schema"] == 1


def test_a_file_that_is_no_snapshot_is_refused(here: Here) -> None:
    written(here.folder, "not JSON")
    ran = here.run("headroom", "snapshot.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: snapshot.json:1:1: not JSON")


def test_a_parameter_of_fastdiag_yaml_decides_a_sum(here: Here) -> None:
    snapshot = '{"schema": 1, "signals": {"server.keepalive": {"value": "5s"}}}'
    written(here.folder, snapshot)
    written(here.folder, "parameters: {proxy_idle_timeout: 60s}\n", "fastdiag.yaml")
    found = here.run("headroom", "snapshot.json", "-f", "json").document
    sums = {one["id"]: one for one in found["arithmetic"]}
    assert sums["keepalive-against-proxy"]["verdict"] == "does not fit"


def test_a_limit_of_ones_own(here: Here) -> None:
    (here.folder / "ours").mkdir()
    own = """\
- {id: licences, title: Licences, used: http.in_flight, limit: {value: 10, from: the contract}, per: service,
   scales_with: traffic, means: The vendor calls., configured: the contract, raise: Pay., obtain: ask}
"""
    written(here.folder / "ours", own, "limits.yaml")
    written(
        here.folder, '{"schema": 1, "signals": {"http.rps": {"value": 9}, "http.in_flight": {"value": 8}}}'
    )
    found = here.run("headroom", "snapshot.json", "--rules", "ours", "-f", "json").document
    assert found["tightest"] == {"id": "licences", "multiple": 1.25}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
def test_a_live_service_whose_threads_are_busy(here: Here, tmp_path: Path) -> None:
    """Twelve of forty threads wait for another service: three and a third times that is all there is."""
    options = ("--only", "processes", "--only", "workers", "--deadline", "3s", "--save", "saved.json")
    with (
        socket.create_server((LOOPBACK, 0), backlog=64) as silent,
        app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app,
        crowd(app, f"/read?port={silent.getsockname()[1]}&seconds=30", 12),
    ):
        ran = here.run("headroom", "--pid", str(app.pid), *options, "-f", "json")
    assert ran.code == 0
    limits = {one["id"]: one for one in ran.document["limits"]}
    threads = limits["threads"]
    assert (threads["used"]["value"], threads["limit"]["value"]) == (12, 40)
    assert (threads["used"]["source"], threads["basis"]) == ("processes", "proportional")
    assert threads["multiple"] == pytest.approx(40 / 12, abs=1e-4)
    assert limits["fds"]["limit"]["value"] > limits["fds"]["used"]["value"] > 12
    assert limits["accept-queue"]["used"]["value"] == 0
    verdicts = {one["id"]: one["verdict"] for one in ran.document["arithmetic"]}
    assert verdicts["pools-against-slots"] == "unknown"
    replayed = here.run("headroom", "saved.json", "-f", "json")
    assert replayed.document == ran.document
