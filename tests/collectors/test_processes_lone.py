"""A master that has lost every worker: what it has is told, and who comes next, on a real gunicorn."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fastdiag.collectors import processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.processes import lone, turnover
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.host.proc import Proc
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import DEPOT, crowd, parts, value, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, app_server
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[AppServer]:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        yield app


@pytest.fixture(autouse=True)
def old_master(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the master, which the test has just started, for one that had its first workers long ago."""
    monkeypatch.setattr(turnover, "START_S", 0.0)


def found_at_first(app: AppServer) -> Local:
    local = discover(Settings(pid=app.pid), slow_s=1).target.local
    assert local is not None
    assert len(local.workers) == 2
    return local


@contextmanager
def without_workers(app: AppServer, local: Local) -> Iterator[None]:
    """Kill the workers of a master that is stopped meanwhile, so that it starts no others."""
    os.kill(app.pid, signal.SIGSTOP)
    try:
        for worker in local.workers:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not lone.workers_of(Proc(), app.pid), what="they have ended", within_s=5)
        yield
    finally:
        os.kill(app.pid, signal.SIGCONT)


def seen(local: Local) -> Gathered:
    target = Target(deadline_s=4, local=local, slow_s=0.2)
    (found,) = gather(target, shipped(), {"processes": processes.collect})
    return found


def test_no_worker_is_no_reason_to_say_nothing_of_the_master_and_its_queue(app: AppServer) -> None:
    local = found_at_first(app)
    with without_workers(app, local), crowd(app, "/hang", 3):
        found = seen(local)

    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == f"the master (pid {app.pid}) has no workers"
    assert value(found, "workers.count") == 0
    assert why_missing(found, "workers.restarts")[1] == lone.ALL_GONE
    assert value(found, "server.age") < 60
    assert value(found, "server.backlog") == value(found, "http.in_flight") == 3
    assert parts(found, "http.in_flight", "worker") == {"accept queue": 3}
    assert why_missing(found, "loop.blocked.ratio")[1] == "too few samples of the event loop's thread"
    for name in ("service.cpu", "workers.busy", "process.rss.growth", "process.swap", "loop.switches"):
        assert name in found.missing, name


def test_workers_that_come_while_the_master_is_watched_replace_others(app: AppServer) -> None:
    local = found_at_first(app)
    with without_workers(app, local), crowd(app, "/hang", 3):
        revival = threading.Timer(0.3, os.kill, (app.pid, signal.SIGCONT))
        revival.start()
        found = seen(local)
        revival.join()

    count = found.readings["workers.count"]
    assert count.value == 2
    assert count.window is not None
    assert (count.window.lowest, count.window.highest) == (0, 2)
    restarts = found.readings["workers.restarts"]
    assert (restarts.value, restarts.bias) == (2, lone.UNCOUNTED)
    assert value(found, "workers.age") < 10
    assert value(found, "http.in_flight") == 3, "in the accept queue first, then in a worker's hand"


def test_workers_that_died_before_the_watch_are_told_by_their_successors(app: AppServer) -> None:
    local = found_at_first(app)
    with without_workers(app, local):
        pass
    wait_until(lambda: len(lone.workers_of(Proc(), app.pid)) == 2, what="others have come", within_s=10)
    wait_until(lambda: httpx.get(f"{app.url}/fast").is_success, what="they serve", within_s=10)
    found = seen(local)

    assert found.state.status is SourceStatus.OK, found.state
    assert value(found, "workers.count") == 2
    assert value(found, "process.rss") > 0
