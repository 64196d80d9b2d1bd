"""Settings in force, and what a gunicorn master tells of its workers."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.collectors import environment, workers
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.sink import Sink
from fastdiag.host.gunicorn_heartbeat import heartbeat_age_s
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, server_of
from fastdiag.host.unreadable import Unreadable
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
    binds = program in {"gunicorn", "hypercorn"}
    where = ["--bind", f"{LOOPBACK}:{port}"] if binds else ["--port", str(port)]
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


def all_report(pids: tuple[int, ...]) -> bool:
    return not any(isinstance(heartbeat_age_s(Proc(), pid), Unreadable) for pid in pids)


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


@pytest.mark.parametrize(
    ("program", "arguments", "told", "keepalive"),
    [
        ("hypercorn", ("--backlog=50",), {"backlog.configured": 50, "graceful_timeout": 3}, 5),
        ("granian", ("--interface", "asgi"), {"backlog.configured": 1024, "backpressure": 1024}, None),
    ],
)
def test_settings_of_other_servers_are_read(
    tmp_path: Path, program: str, arguments: tuple[str, ...], told: dict[str, float], keepalive: float | None
) -> None:
    with serving(tmp_path, program, *arguments) as process:
        wait_until(lambda: len(server(process.pid).workers) == 1, what="its worker runs", within_s=10)
        found = ask(process.pid)

    assert value(found, "workers.count") == value(found, "server.workers.configured") == 1
    assert {name: value(found, f"server.{name}") for name in told} == told
    if keepalive is None:
        assert why_missing(found, "server.keepalive") == (Reason.ABSENT, "this server has no such setting")
    else:
        assert value(found, "server.keepalive") == keepalive
    assert why_missing(found, "workers.heartbeat") == (Reason.ABSENT, "not a gunicorn master")


def test_what_is_installed_is_told_without_importing_it(tmp_path: Path) -> None:
    with serving(tmp_path, "uvicorn") as uvicorn:
        found = ask(uvicorn.pid)

    assert value(found, "observability.instrumentator_broken") == 0
    assert value(found, "observability.tracing") == 0  # the tests' environment exports metrics only


@pytest.mark.parametrize(
    ("packages", "environ", "tracing", "broken"),
    [
        ({"fastapi": "0.165.0", "prometheus-fastapi-instrumentator": "8.0.1"}, "", 0, 1),
        ({"fastapi": "0.165.0", "prometheus-fastapi-instrumentator": "8.0.2"}, "", 0, 0),
        ({"fastapi": "0.136.9", "prometheus-fastapi-instrumentator": "7.1.0"}, "", 0, 0),
        ({"fastapi": "0.165.0", "opentelemetry-sdk": "1.45.1"}, "", 0, 0),
        ({"fastapi": "0.165.0", "opentelemetry-exporter-otlp-proto-grpc": "1.45.1"}, "", 1, 0),
        ({"fastapi": "0.165.0", "opentelemetry-exporter-otlp": "1"}, "OTEL_SDK_DISABLED=true", 0, 0),
        ({"fastapi": "0.165.0", "sentry-sdk": "2.1"}, "", 1, 0),
    ],
)
def test_packages_tell_of_tracing_and_of_an_instrumentator_that_breaks_routes(
    tmp_path: Path, packages: dict[str, str], environ: str, tracing: int, broken: int
) -> None:
    folder = tmp_path / "10" / "root" / "venv" / "lib" / "python3.13" / "site-packages"
    for name, version in packages.items():
        (folder / f"{name.replace('-', '_')}-{version}.dist-info").mkdir(parents=True)
    (tmp_path / "10" / "cmdline").write_text("/venv/bin/python\0-m\0uvicorn\0")
    (tmp_path / "10" / "environ").write_text(environ)
    sink = Sink("workers", shipped(), time.monotonic() + 1)
    environment.report(sink, Proc(tmp_path), 10)
    readings, _ = sink.close()

    assert readings["observability.tracing"].value == tracing
    assert readings["observability.tracing"].is_trusted is not bool(tracing)
    assert readings["observability.instrumentator_broken"].value == broken


def test_a_tracing_library_that_the_service_has_not_loaded_does_not_trace(tmp_path: Path) -> None:
    folder = tmp_path / "10" / "root" / "venv" / "lib" / "python3.13" / "site-packages"
    for name in ("fastapi-0.165.0", "opentelemetry_exporter_otlp_proto_http-1.45.1"):
        (folder / f"{name}.dist-info").mkdir(parents=True)
    (folder / "google" / "_upb").mkdir(parents=True)
    (folder / "google" / "_upb" / "_message.abi3.so").touch()
    (tmp_path / "10" / "maps").write_text("7f0-7f1 r-xp 0 fe:0 1 /venv/lib/python3.13/site-packages/a/b.so\n")
    sink = Sink("workers", shipped(), time.monotonic() + 1)
    environment.report(sink, Proc(tmp_path), 10)
    readings, _ = sink.close()

    (tracer,) = readings["observability.tracing"].by
    assert (readings["observability.tracing"].value, tracer.value) == (0, 0)
    assert ("library", "opentelemetry-exporter-otlp-proto-http") in tracer.labels
    assert readings["observability.tracing"].is_trusted


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
        workers_of = server(gunicorn.pid).workers
        wait_until(lambda: all_report(workers_of), what="both report to their master", within_s=10)
        found = ask(gunicorn.pid)

    assert value(found, "workers.count") == value(found, "server.workers.configured") == 2
    assert parts(found, "server.timeout", "set by") == {"command line": 45}
    assert parts(found, "server.keepalive", "set by") == {"default": 2}
    assert why_missing(found, "workers.spawned") == (Reason.ABSENT, "the control socket is switched off")
    # The descriptors of the workers lead to the files that they touch for their master.
    assert set(parts(found, "workers.heartbeat", "worker")) == {str(pid) for pid in workers_of}
    assert value(found, "workers.heartbeat") < 45
    assert found.state.requests == 0


def test_a_killed_worker_is_one_spawned_beyond_the_target(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        before = ask(app.pid)
        (victim, survivor) = server(app.pid).workers
        os.kill(victim, signal.SIGKILL)
        wait_until(
            lambda: len(set(server(app.pid).workers) - {victim}) == 2, what="it is replaced", within_s=10
        )
        wait_until(lambda: all_report(server(app.pid).workers), what="it reports", within_s=10)
        after = ask(survivor)

    assert (value(before, "workers.spawned"), value(after, "workers.spawned")) == (0, 1)
    assert value(after, "workers.count") == 2
    assert value(after, "workers.heartbeat") < 30
    assert len(parts(after, "workers.heartbeat", "worker")) == 2
    assert parts(after, "server.timeout", "set by") == {"control socket": 30}
    assert after.state.requests == 3
    assert after.readings["workers.spawned"].is_trusted
    assert value(after, "server.graceful_timeout") == 30
    assert value(after, "server.threads") == 1
    assert value(after, "server.max_requests") == 0, "known not to recycle: not the same as unknown"


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
    assert value(found, "server.max_requests") == 5000


def test_a_server_that_is_gone_is_a_failure_with_words() -> None:
    local = Local(kind="uvicorn", app=None, master=None, workers=(2**22 - 1,), ports=())
    (found,) = gather(Target(local=local, deadline_s=1), shipped(), {"workers": workers.collect})

    assert found.state.status is SourceStatus.FAILED
    assert found.state.error
    assert not found.readings


def test_no_server_is_a_skip() -> None:
    (found,) = gather(Target(deadline_s=1), shipped(), {"workers": workers.collect})

    assert found.state.status is SourceStatus.SKIPPED
