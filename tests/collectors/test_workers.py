"""Settings in force, and what a gunicorn master tells of its workers."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.collectors import workers
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, server_of
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import DEPOT, parts, value, watch, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import app_server
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running, script
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")


def ask(pid: int) -> Gathered:
    return watch(pid, collect=workers.collect, name="workers")


@contextmanager
def serving(
    directory: Path, program: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    port = free_port()
    where = ["--bind", f"{LOOPBACK}:{port}"] if program == "gunicorn" else ["--port", str(port)]
    command = [script(program), "depot:app", *where, *arguments]
    with running(
        command,
        name=program,
        log=directory / "log",
        working_directory=DEPOT.parent,
        environment=environment,
    ) as server:
        server.wait_ready(lambda: is_listening(port))
        yield server


def server(pid: int) -> Server:
    found = server_of(Proc(), pid)
    assert isinstance(found, Server)
    return found


def test_uvicorns_command_line_and_environment_are_read(tmp_path: Path) -> None:
    with serving(
        tmp_path,
        "uvicorn",
        "--limit-concurrency",
        "17",
        environment={"UVICORN_TIMEOUT_KEEP_ALIVE": "65", "DATABASE_URL": "postgresql://u:hunter2@h/d"},
    ) as uvicorn:
        found = ask(uvicorn.pid)

    assert value(found, "server.limit_concurrency") == 17
    assert parts(found, "server.limit_concurrency", "set by") == {"command line": 17}
    assert parts(found, "server.keepalive", "set by") == {"environment": 65}
    assert parts(found, "server.backlog.configured", "set by") == {"default": 2048}
    assert value(found, "server.workers.configured") == 1
    assert why_missing(found, "server.timeout") == (Reason.ABSENT, "this server has no such setting")
    assert why_missing(found, "workers.spawned") == (Reason.ABSENT, "not a gunicorn master")
    assert "hunter2" not in repr(found)


def test_no_limit_is_said_and_not_zero(tmp_path: Path) -> None:
    with serving(tmp_path, "uvicorn") as uvicorn:
        found = ask(uvicorn.pid)

    assert why_missing(found, "server.limit_concurrency") == (Reason.ABSENT, "no limit is set (default)")


def test_without_a_control_socket_gunicorns_own_places_are_read(tmp_path: Path) -> None:
    with serving(
        tmp_path,
        "gunicorn",
        "--no-control-socket",
        "--timeout=45",
        environment={"WEB_CONCURRENCY": "2", "GUNICORN_CMD_ARGS": "-k uvicorn_worker.UvicornWorker"},
    ) as gunicorn:
        wait_until(lambda: len(server(gunicorn.pid).workers) == 2, what="both workers run", within_s=10)
        found = ask(gunicorn.pid)

    assert value(found, "workers.count") == value(found, "server.workers.configured") == 2
    assert parts(found, "server.timeout", "set by") == {"command line": 45}
    assert parts(found, "server.keepalive", "set by") == {"default": 2}
    reason, detail = why_missing(found, "workers.heartbeat")
    assert (reason, detail) == (Reason.ABSENT, "the control socket is switched off")
    assert found.state.requests == 0


def test_a_killed_worker_is_one_spawned_beyond_the_target(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        before = ask(app.pid)
        (victim, survivor) = server(app.pid).workers
        os.kill(victim, signal.SIGKILL)
        wait_until(
            lambda: len(set(server(app.pid).workers) - {victim}) == 2, what="it is replaced", within_s=10
        )
        after = ask(survivor)

    assert (value(before, "workers.spawned"), value(after, "workers.spawned")) == (0, 1)
    assert value(after, "workers.count") == 2
    assert value(after, "workers.heartbeat") < 30
    assert len(parts(after, "workers.heartbeat", "worker")) == 2
    assert parts(after, "server.timeout", "set by") == {"control socket": 30}
    assert after.state.requests == 3
    assert after.readings["workers.spawned"].is_trusted


def test_planned_recycling_is_no_proof_of_lost_workers(tmp_path: Path) -> None:
    with serving(
        tmp_path,
        "gunicorn",
        "--max-requests=5000",
        f"--control-socket={tmp_path / 'ctl'}",
        "-k",
        "uvicorn_worker.UvicornWorker",
    ) as gunicorn:
        wait_until((tmp_path / "ctl").exists, what="the control socket is there", within_s=10)
        wait_until(lambda: "workers.spawned" in ask(gunicorn.pid).readings, what="it answers", within_s=10)
        found = ask(gunicorn.pid)

    assert found.readings["workers.spawned"].bias == "some by --max-requests 5000"


def test_a_server_that_is_gone_is_a_failure_with_words() -> None:
    local = Local(kind="uvicorn", app=None, master=None, workers=(2**22 - 1,), ports=())
    (found,) = gather(Target(local=local, deadline_s=1), shipped(), {"workers": workers.collect})

    assert found.state.status is SourceStatus.FAILED
    assert found.state.error
    assert not found.readings


def test_no_server_is_a_skip() -> None:
    (found,) = gather(Target(deadline_s=1), shipped(), {"workers": workers.collect})

    assert found.state.status is SourceStatus.SKIPPED
