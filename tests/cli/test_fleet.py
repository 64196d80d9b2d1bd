"""`fastdiag diagnose` with the snapshots of several hosts: files, one stream, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.command import BLIND, DRAINED, fastdiag, shell, written
from tests.cli.conftest import Here

HEALTHY = json.dumps(
    {
        "schema": 1,
        "service": "shop",
        "signals": {
            "service.cpu": {"value": "18%"},
            "http.latency.p95": {"value": "120ms"},
            "http.errors.ratio": {"value": 0},
            "db.pool.utilization": {"value": "30%"},
        },
    }
)


@pytest.fixture
def hosts(here: Here) -> Here:
    for name, text in {"web1": HEALTHY, "web2": DRAINED, "web3": HEALTHY, "web4": HEALTHY}.items():
        written(here.folder, text, f"{name}.json")
    return here


FILES: Sequence[str] = ("web1.json", "web2.json", "web3.json", "web4.json")


def test_the_first_line_says_how_many_fare_how_and_why(hosts: Here) -> None:
    ran = hosts.run("diagnose", *FILES)
    assert (ran.code, ran.err) == (0, "")
    first, *rest = ran.out.splitlines()
    assert first.startswith("CRITICAL  shop: 1 of 4 hosts: the database connection pool is exhausted (1)")
    text = "\n".join(rest)
    assert "critical        1  the database connection pool is exhausted" in text
    assert "ok              3  nothing wrong was seen: web1, web3 and web4" in text
    assert "1 of 4 hosts  pinned: db.pool.utilization 100%, median 30% (>= 95%): web2" in text


def test_one_snapshot_is_still_shown_in_full(hosts: Here) -> None:
    alone, twice = hosts.run("diagnose", "web2.json"), hosts.run("diagnose", "web2.json", "web2.json")
    assert alone.out.startswith("CRITICAL  very likely the database connection pool is exhausted")
    assert twice.out == alone.out


def test_scripts_get_the_same_and_each_host_by_name(hosts: Here) -> None:
    document = hosts.run("diagnose", *FILES, "-f", "json").document
    assert (document["schema"], document["status"]) == (1, "critical")
    assert [member["name"] for member in document["members"]] == ["web1", "web2", "web3", "web4"]
    assert document["groups"][0]["cause"] == "db-pool-exhaustion"
    assert document["causes"][0]["members"] == ["web2"]
    pool = next(one for one in document["outliers"] if one["signal"] == "db.pool.utilization")
    assert pool["outliers"] == [{"member": "web2", "labels": {}, "value": 1.0}]
    assert document["unread"] == []


def test_a_ticket_gets_a_table_of_all_hosts(hosts: Here) -> None:
    assert hosts.run("diagnose", *FILES, "-o", "fleet.md").code == 0
    text = (hosts.folder / "fleet.md").read_text()
    assert text.startswith("# Critical: shop: 1 of 4 hosts")
    assert "| web2 | critical | 4 s | ? | 20% | 100% |" in text


def test_a_page_of_several_is_refused_before_they_are_read(hosts: Here) -> None:
    for wanted in (("-f", "html"), ("-o", "fleet.html")):
        ran = hosts.run("diagnose", *FILES, *wanted)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: there is no HTML page of several snapshots\n")
    assert not (hosts.folder / "fleet.html").exists()


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(hosts: Here) -> None:
    written(hosts.folder, "kex_exchange_identification: Connection closed", "web5.json")
    ran = hosts.run("diagnose", *FILES, "web5.json", "web6.json")
    assert ran.code == 2
    assert "note: not read: web5.json:1:1: not JSON" in ran.err
    assert "note: not read: web6.json: cannot be read: No such file or directory" in ran.err
    assert "unread          1  web5: web5.json:1:1: not JSON" in ran.out
    assert "1 of 4 hosts" in ran.out.splitlines()[0]


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (("web1.json", "web3.json"), ("--fail-on", "warning"), 0),
        (("web1.json", "web2.json", "absent.json"), ("--fail-on", "critical"), 1),
        (("blind1.json", "blind2.json"), (), 3),
        (("blind1.json", "web1.json"), (), 0),
    ],
)
def test_the_exit_code(files: Sequence[str], options: Sequence[str], code: int, hosts: Here) -> None:
    for name in ("blind1.json", "blind2.json"):
        written(hosts.folder, BLIND, name)
    assert hosts.run("diagnose", *files, *options).code == code


def test_nothing_that_can_be_read_is_an_error(hosts: Here) -> None:
    ran = hosts.run("diagnose", "absent.json", "gone.json")
    assert (ran.code, ran.out) == (2, "")
    assert "error: none of the 2 snapshots can be read" in ran.err


def test_hosts_of_one_file_name_are_told_apart_by_their_folders(hosts: Here) -> None:
    for folder, text in (("paris", HEALTHY), ("tokyo", DRAINED)):
        (hosts.folder / folder).mkdir()
        written(hosts.folder / folder, text, "web.json")
    document = hosts.run("diagnose", "paris/web.json", "tokyo/web.json", "-f", "json").document
    assert [member["name"] for member in document["members"]] == ["paris/web.json", "tokyo/web.json"]


def test_a_stream_of_snapshots_is_one_fleet(hosts: Here) -> None:
    by_files = hosts.run("diagnose", *FILES, "-f", "json").document
    ran = shell("cat web*.json | fastdiag diagnose - -f json", cwd=hosts.folder)
    assert ran.code == 0
    assert [member["name"] for member in ran.document["members"]] == [f"stdin {n}" for n in (1, 2, 3, 4)]
    statuses = [[member["status"] for member in one["members"]] for one in (by_files, ran.document)]
    assert statuses[0] == statuses[1]


def test_a_stream_that_breaks_off_tells_of_the_last_and_shows_the_rest(tmp_path: Path) -> None:
    ran = fastdiag("diagnose", "-", stdin=HEALTHY + DRAINED + HEALTHY[:40], cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("note: not read: stdin 3:1:")
    assert ran.out.startswith("CRITICAL  shop: 1 of 2 hosts")
