"""How workers of a real gunicorn end while they are watched, and as what that counts."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.collectors.gather import Gathered
from fastdiag.collectors.processes import deaths
from fastdiag.collectors.processes.deaths import DEATHS, Death
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.host.exits import Exits
from fastdiag.host.memory_group import GroupMemory
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from tests.collectors.watching import DEPOT, crowd, parts, value, watch, why_missing
from tests.stack.apps import AppServer, ServerKind, app_server

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
TOLD_LATER = "how a process ended is told to others from Linux 6.15 on"


def workers_of(app: AppServer) -> tuple[int, ...]:
    local = discover(Settings(pid=app.pid), slow_s=1).target.local
    assert local is not None
    return local.workers


def ending(pid: int, end: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(pid, end)


def watched_while(app: AppServer, *acts: Callable[[], object]) -> Gathered:
    timers = [threading.Timer(0.3, act) for act in acts]
    for timer in timers:
        timer.start()
    found = watch(app.pid, deadline_s=4)
    for timer in timers:
        timer.join()
    if found.missing.get(Death.CRASH) and TOLD_LATER in found.missing[Death.CRASH].detail:
        pytest.skip("the kernel does not tell how a process ended")
    return found


def counts(found: Gathered) -> dict[Death, float]:
    return {kind: value(found, kind) for kind in Death if value(found, kind)}


def test_each_end_counts_as_what_it_was(tmp_path: Path) -> None:
    ends = (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)
    with app_server(DEPOT, directory=tmp_path, workers=3) as app:
        workers = workers_of(app)
        quiet = watch(app.pid)
        found = watched_while(app, *map(ending, workers, ends))

    assert value(quiet, DEATHS) == value(quiet, Death.CRASH) == 0
    assert value(found, DEATHS) == 3
    assert counts(found) == {Death.KILLED: 1, Death.CRASH: 1, Death.PLANNED: 1}
    assert parts(found, DEATHS, "worker").keys() == {str(pid) for pid in workers}
    assert parts(found, Death.CRASH, "ended") == {"SIGSEGV": 1}


def test_a_worker_that_its_master_ends_for_its_silence_has_timed_out(tmp_path: Path) -> None:
    limits = {"GUNICORN_CMD_ARGS": "--timeout 2"}
    with (
        app_server(DEPOT, directory=tmp_path, workers=1, environment=limits) as app,
        crowd(app, "/block?seconds=20", 1),
    ):
        found = watch(app.pid, deadline_s=10)

    if Death.TIMEOUT in found.missing:
        pytest.skip(found.missing[Death.TIMEOUT].detail)
    assert counts(found) == {Death.TIMEOUT: 1}
    (how,) = parts(found, Death.TIMEOUT, "ended")
    assert how.startswith("SIGABRT after")


def test_a_killed_worker_whose_group_ran_out_of_memory_died_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = iter(range(3, 10))
    group = GroupMemory(limit_bytes=1 << 20, working_set_bytes=1 << 20, oom_kills=3)
    monkeypatch.setattr(deaths, "group_memory", lambda *_: replace(group, oom_kills=next(totals)))
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        found = watched_while(app, *(ending(pid, signal.SIGKILL) for pid in workers_of(app)))

    assert counts(found) == {Death.MEMORY: 1, Death.KILLED: 1}


def test_an_old_kernel_tells_that_a_worker_ended_and_not_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Unreadable(reason=HostReason.ABSENT, detail=TOLD_LATER)
    monkeypatch.setattr(Exits, "ended", lambda self: dict.fromkeys(self._ready(), silent))
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        threading.Timer(0.3, ending(workers_of(app)[0], signal.SIGKILL)).start()
        found = watch(app.pid)

    assert value(found, DEATHS) == 1
    assert why_missing(found, Death.MEMORY) == (Reason.ABSENT, TOLD_LATER)


def test_a_single_process_has_nobody_who_starts_it_again(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app:
        found = watch(app.pid)

    assert why_missing(found, DEATHS)[0] is Reason.ABSENT
