"""A real service with a blocking route, its database and its Prometheus: code and process say the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Ran, fastdiag
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.load import Route, load
from tests.stack.postgres import Cluster, postgres
from tests.stack.prometheus import prometheus

SHOP = Path(__file__).parent / "shop"
LONG_AGO = 1_000_000_000.0
RULES = 'groups: [{name: shop, rules: [{alert: Slow, expr: "increase(gateway_timeouts_total[5m]) > 5"}]}]\n'
ATTESTED = "attest:\n  spikes-tested: {owner: payments, date: 2026-01-01, until: 2126-01-01}\n"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("live")
    folder = directory / "shop"
    shutil.copytree(SHOP, folder)
    os.utime(folder / "main.py", (LONG_AGO, LONG_AGO))
    dsn = cluster.dsn().replace("postgresql://", "postgresql+psycopg://")
    with (
        app_server(
            folder / "main.py",
            directory=directory,
            kind=ServerKind.GUNICORN,
            environment={"SHOP_DSN": dsn},
        ) as app,
        load(app.url, [Route(path="/price/apple", rps=9)], directory),
    ):
        yield app


@pytest.fixture(scope="module")
def checkup(shop: AppServer, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    directory = tmp_path_factory.mktemp("prometheus")
    (directory / "rules.yml").write_text(RULES, encoding="utf-8")
    folder = shop.server.log.parent
    (folder / "shop" / "fastdiag.yaml").write_text(ATTESTED, encoding="utf-8")
    with prometheus(
        {"shop": [shop.address]}, directory, more=f"rule_files: [{directory / 'rules.yml'}]\n"
    ) as server:
        where = ("--pid", str(shop.pid), "--postgres", cluster.dsn(), "--prometheus", server.url)
        return fastdiag(
            *("audit", ".", "--live", "-f", "json", "--stacks", "--deadline", "3s", *where),
            cwd=folder / "shop",
            environ={"XDG_CACHE_HOME": str(folder / "cache")},
        )


def item(checkup: Ran, name: str) -> dict:
    return next(one for one in checkup.document["readiness"]["items"] if one["id"] == name)


def said(checkup: Ran, name: str) -> str:
    return "\n".join(f"{one['source']}: {one['text']}" for one in item(checkup, name)["evidence"])


def test_all_items_are_answered(checkup: Ran) -> None:
    assert checkup.code == 0, checkup.err
    assert len(checkup.document["readiness"]["items"]) == 25


def test_the_finding_and_the_frame_are_one(checkup: Ran) -> None:
    assert item(checkup, "async-no-blocking")["verdict"] == "fail"
    assert "as the audit says of this line" in said(checkup, "async-no-blocking")


def test_the_pool_of_the_code_is_multiplied_by_the_workers_that_run(checkup: Ran) -> None:
    assert "2 workers x 15 connections of the code's pools = 30 of 97 usable slots" in said(
        checkup, "pool-size-configured"
    )


def test_processes_answer_what_no_code_says(checkup: Ran) -> None:
    assert item(checkup, "request-timeout-defined")["verdict"] == "cannot tell"
    assert "Worker timeout" in said(checkup, "request-timeout-defined")
    assert item(checkup, "graceful-shutdown")["verdict"] == "pass"


def test_rules_of_prometheus_are_alerts_for_what_they_watch_and_no_more(checkup: Ran) -> None:
    assert "timeout spikes: Slow" in said(checkup, "alerts-defined")
    assert "worker restarts: none of 1" in said(checkup, "alerts-defined")


def test_an_attestation_holds(checkup: Ran) -> None:
    assert "payments vouches for it" in said(checkup, "spikes-tested")


def test_a_snapshot_quotes_the_audit_and_replays_the_quote(
    shop: AppServer, checkup: Ran, tmp_path: Path
) -> None:
    assert checkup.code == 0
    folder = shop.server.log.parent
    saved = tmp_path / "taken.json"
    taken = fastdiag(
        *("snapshot", "--pid", str(shop.pid), "--only", "stacks", "--only", "processes", "--stacks"),
        *("--deadline", "3s", "--save", str(saved)),
        environ={"XDG_CACHE_HOME": str(folder / "cache")},
    )
    quote = "the audit of this line: blocking-call: time.sleep sleeps on the event loop"
    assert quote in " ".join(taken.out.split())
    replayed = fastdiag("diagnose", saved, environ={"XDG_CACHE_HOME": str(tmp_path)})
    assert replayed.out == taken.out
