"""Stacks of real servers: which line blocks, for whom the loop works, and when nobody is disturbed."""

import importlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.collectors import stacks
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.stacks.pyspy import INSTALL, find
from fastdiag.collectors.stacks.signs import Signs
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Stacks, Target
from tests.collectors.watching import crowd, value, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.waiting import wait_until

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc"),
    pytest.mark.skipif(find() is None, reason="py-spy is not installed"),
]
BAKERY = Path(__file__).with_name("bakery.py")


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("bakery")
    with app_server(BAKERY, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


def look(*workers: int, policy: Stacks = Stacks.ASKED, deadline_s: float = 3.0) -> Gathered:
    local = Local(kind="uvicorn", app=None, master=None, workers=workers, ports=())
    target = Target(local=local, stacks=policy, deadline_s=deadline_s)
    (found,) = gather(target, shipped(), {"stacks": stacks.collect})
    return found


def is_quiet(app: AppServer) -> bool:
    signs = Signs(Proc(), [app.pid])
    signs.watch(0.1)
    return not signs.speak


def worst(found: Gathered, signal: str) -> dict[str, str]:
    """Return the labels of the first part."""
    return dict(found.readings[signal].by[0].labels)


def during(app: AppServer, path: str, policy: Stacks = Stacks.ASKED) -> Gathered:
    with crowd(app, path, 1):
        found = look(app.pid, policy=policy)
    wait_until(app.answers, what="the call ends", within_s=10)
    return found


def test_the_line_that_sleeps_is_named_and_belongs_to_a_request(bakery: AppServer) -> None:
    found = during(bakery, "/knead?seconds=4", policy=Stacks.WHEN_BLOCKED)

    assert value(found, "loop.blocking_frame") > 0.8
    assert value(found, "loop.computing_frame") < 0.2
    assert worst(found, "loop.blocking_frame")["frame"] == "bakery.py:14 in knead"
    assert worst(found, "loop.blocking_frame")["does"] == "a sleep"
    assert value(found, "loop.background.ratio") == value(found, "loop.tasks.ratio") == 0
    assert found.state.requests >= 5


def test_the_library_that_is_called_is_named(bakery: AppServer) -> None:
    found = during(bakery, "/mill?seconds=3")

    assert worst(found, "loop.blocking_frame")["calls"] == "subprocess.run"
    assert worst(found, "loop.blocking_frame")["frame"] == "bakery.py:29 in mill"


def test_what_computes_does_not_sleep(bakery: AppServer) -> None:
    found = during(bakery, "/count?seconds=3")

    assert value(found, "loop.computing_frame") > 0.7
    assert value(found, "loop.blocking_frame") < 0.3
    assert " in count" in worst(found, "loop.computing_frame")["frame"]


def test_a_background_task_is_told_from_a_request_and_from_a_task_of_its_own(bakery: AppServer) -> None:
    later, own = during(bakery, "/later?seconds=3"), during(bakery, "/own?seconds=3")

    assert value(later, "loop.background.ratio") > 0.8
    assert value(later, "loop.tasks.ratio") == 0
    assert value(own, "loop.tasks.ratio") > 0.8
    assert value(own, "loop.background.ratio") == 0
    assert not own.readings["loop.tasks.ratio"].is_trusted


def test_pool_threads_are_counted_and_stand_in_one_function(bakery: AppServer) -> None:
    with crowd(bakery, "/queue?seconds=5", 12):
        found = look(bakery.pid, policy=Stacks.WHEN_BLOCKED, deadline_s=5.0)

    wait_until(lambda: is_quiet(bakery), what="the threads are done", within_s=10)

    assert value(found, "threads.limiter.busy") == 12
    assert value(found, "threads.frame") > 0.9
    assert worst(found, "threads.frame")["frame"] == "bakery.py:14 in knead"
    assert value(found, "threads.waiting_for_connection") == 0
    assert why_missing(found, "loop.background.ratio")[0] is Reason.ABSENT  # threads do not tell for whom


def test_a_loop_that_only_waits_is_not_disturbed(bakery: AppServer) -> None:
    with crowd(bakery, "/rest?seconds=1.5", 5):
        found = look(bakery.pid, policy=Stacks.WHEN_BLOCKED, deadline_s=2.0)

    assert (found.state.status, found.state.requests) == (SourceStatus.SKIPPED, 0)
    assert why_missing(found, "loop.blocking_frame")[0] is Reason.NOT_CONFIGURED
    assert "--stacks" in why_missing(found, "loop.blocking_frame")[1]


@pytest.mark.parametrize("kind", [ServerKind.GUNICORN, ServerKind.HYPERCORN])
def test_other_servers_are_understood(kind: ServerKind, tmp_path: Path) -> None:
    with app_server(BAKERY, directory=tmp_path, kind=kind, workers=1) as app:
        worker = app.pids()[-1]
        with crowd(app, "/knead?seconds=3", 1):
            found = look(worker)

    assert value(found, "loop.blocking_frame") > 0.8
    assert worst(found, "loop.blocking_frame")["frame"] == "bakery.py:14 in knead"
    assert value(found, "loop.tasks.ratio") == 0


def test_never_means_never(bakery: AppServer) -> None:
    found = look(bakery.pid, policy=Stacks.NEVER)

    assert found.state.requests == 0
    assert "--gentle" in why_missing(found, "loop.blocking_frame")[1]


def test_without_py_spy_the_command_that_installs_it_is_told(
    bakery: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting = importlib.import_module("fastdiag.collectors.stacks.collect")
    monkeypatch.setattr(collecting, "find", lambda: None)
    found = look(bakery.pid)

    assert why_missing(found, "loop.blocking_frame")[0] is Reason.ABSENT
    assert found.state.hint == INSTALL


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="giving a right away takes root and setpriv"
)
def test_in_a_container_without_the_right_to_trace_it_is_told_what_to_grant(bakery: AppServer) -> None:
    program = (
        "from fastdiag.collectors.stacks import pyspy\n"
        f"told = pyspy.dump(pyspy.find(), {bakery.pid}, 2.0)\n"
        "print(told.reason, told.detail)"
    )
    command = ["setpriv", "--bounding-set=-sys_ptrace", sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.stdout.startswith("denied "), ran.stderr
    assert "CAP_SYS_PTRACE" in ran.stdout


def test_a_process_that_ends_in_between_costs_nothing_but_its_reading(tmp_path: Path) -> None:
    program = "import time\nwhile True: sum(range(1000))"
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path) as doomed:
        threading.Timer(1.8, doomed.kill).start()
        found = look(doomed.pid)

    assert found.state.status in {SourceStatus.PARTIAL, SourceStatus.FAILED, SourceStatus.OK}
    assert why_missing(found, "loop.blocking_frame")[0] is Reason.ABSENT
