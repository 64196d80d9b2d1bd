"""Event loops, thread pools and CPU of real servers, from the states of their threads."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.collectors.processes.blockers import VEILED
from fastdiag.collectors.processes.loop import NO_TICK
from fastdiag.collectors.processes.traffic import EAGER
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason
from tests.collectors.test_processes import silent
from tests.collectors.watching import DEADLINE_S, DEPOT, crowd, parts, value, watch, why_missing
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import running, script
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("uvicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("pair")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=2) as app:
        yield app


def test_a_healthy_loop_polls(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/hang?seconds=2", 5):
        found = watch(uvicorn.pid)

    assert value(found, "loop.polling.ratio") > 0.9
    assert value(found, "loop.blocked.ratio") < 0.1
    assert value(found, "service.cpu") < 0.3
    assert value(found, "threads.limiter.busy") == 0


def test_a_loop_in_a_blocking_call_is_blocked_and_says_where(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/block?seconds=1.4", 1):
        found = watch(uvicorn.pid)
    wait_until(uvicorn.answers, what="the call ends", within_s=10)

    assert value(found, "loop.blocked.ratio") > 0.9
    assert value(found, "loop.polling.ratio") < 0.1
    assert value(found, "loop.switches") < 5
    assert parts(found, "loop.blocked.ratio", "in").keys() == {"hrtimer_nanosleep"}
    assert parts(found, "loop.blocked.on", "peer") == {"a sleep": 1}


@pytest.mark.parametrize("limit", ["&seconds=1.4", ""], ids=["with a time limit", "without"])
def test_a_loop_that_waits_for_a_peer_names_it(pair: AppServer, limit: str) -> None:
    with silent() as port, crowd(pair, f"/pull?port={port}{limit}", 1):
        database = [(LOOPBACK, port)] if limit else []
        found = watch(pair.pid, databases=database)
    wait_until(pair.answers, what="the wait ends", within_s=10)

    peer = f"the database {LOOPBACK}:{port}" if limit else f"{LOOPBACK}:{port}"
    assert value(found, "loop.blocked.on") > 0.9
    (part,) = found.readings["loop.blocked.on"].by
    assert dict(part.labels)["peer"] == f"a read from {peer}"
    assert part.count == pytest.approx(DEADLINE_S * 0.4 / 0.05, abs=4)


def test_a_loop_that_may_be_seen_and_not_traced_does_not_tell_what_it_waits_for(
    uvicorn: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Unreadable(reason=HostReason.DENIED, detail="syscall: operation not permitted")
    monkeypatch.setattr(Proc, "syscall", lambda *_: denied)
    with crowd(uvicorn, "/block?seconds=1.4", 1):
        found = watch(uvicorn.pid)
    wait_until(uvicorn.answers, what="the call ends", within_s=10)

    assert value(found, "loop.blocked.ratio") > 0.9
    assert why_missing(found, "loop.blocked.on") == (Reason.DENIED, VEILED)


def test_a_loop_that_nobody_wakes_and_an_empty_queue_before_eager_threads_prove_nothing(
    tmp_path: Path,
) -> None:
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.GRANIAN, workers=1) as app:
        with crowd(app, "/hang?seconds=2", 3):
            waiting = watch(app.pid)
        with crowd(app, "/block?seconds=2", 1):
            blocked = watch(app.pid)

    assert value(waiting, "loop.polling.ratio") > 0.9
    assert why_missing(waiting, "loop.switches") == (Reason.ABSENT, NO_TICK)
    assert why_missing(waiting, "server.backlog") == (Reason.ABSENT, EAGER)
    assert parts(blocked, "loop.blocked.on", "peer") == {"a sleep": pytest.approx(1, abs=0.1)}


def test_a_loop_that_waits_for_a_lock_of_the_application_is_blocked(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/join?seconds=1.5", 1):
        found = watch(uvicorn.pid)
    wait_until(uvicorn.answers, what="the wait ends", within_s=10)

    assert value(found, "loop.blocked.ratio") > 0.9


def test_one_blocked_worker_of_two_is_named(pair: AppServer) -> None:
    with crowd(pair, "/block?seconds=1.4", 1):
        found = watch(pair.pid)
    wait_until(pair.answers, what="the call ends", within_s=10)

    (blocked,) = [pid for pid, share in parts(found, "loop.blocked.ratio", "worker").items() if share > 0.5]
    assert value(found, "loop.blocked.ratio") > 0.9
    assert parts(found, "http.in_flight", "worker") == {blocked: 1}


def test_a_loop_that_computes_runs_and_uses_its_core(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/spin?seconds=1.4", 1):
        found = watch(uvicorn.pid)
    wait_until(uvicorn.answers, what="the computation ends", within_s=10)

    assert value(found, "loop.running.ratio") > 0.9
    assert value(found, "loop.blocked.ratio") < 0.1
    assert value(found, "service.cpu") + value(found, "workers.cpu.wait") > 0.9
    assert value(found, "workers.cpu.max") == pytest.approx(value(found, "service.cpu"), abs=0.02)


def test_service_cpu_is_of_what_all_workers_can_use(pair: AppServer) -> None:
    with crowd(pair, "/spin?seconds=1.4", 1):
        found = watch(pair.pid)
    wait_until(pair.answers, what="the computation ends", within_s=10)

    assert value(found, "service.cpu") == pytest.approx(value(found, "workers.cpu.max") / 2, abs=0.1)


def test_a_loop_that_waits_for_the_interpreter_lock_is_not_called_blocked(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/compute?seconds=1.4", 4):
        found = watch(uvicorn.pid)
    wait_until(lambda: rests(uvicorn), what="the computations end", within_s=20)

    assert value(found, "loop.blocked.ratio") < 0.1
    assert value(found, "loop.running.ratio") > 0


def test_forty_threads_wait_for_sockets_and_none_afterwards(uvicorn: AppServer) -> None:
    with silent() as port, crowd(uvicorn, f"/read?port={port}&seconds=1.4", 60):
        busy = watch(uvicorn.pid)
    wait_until(lambda: uvicorn.connections_to(port) == 0, what="the threads are done", within_s=10)
    idle = watch(uvicorn.pid)

    assert value(busy, "threads.limiter.busy") == value(busy, "threads.limiter.size") == 40
    assert value(busy, "threads.locked") <= 1
    assert value(busy, "loop.blocked.ratio") < 0.1
    assert value(idle, "threads.limiter.busy") <= 1
    assert value(idle, "process.threads") > 40


def test_threads_that_wait_for_a_pooled_connection_are_at_work(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/checkout?seconds=2", 12):
        found = watch(uvicorn.pid)

    assert value(found, "threads.limiter.busy") == 12
    assert value(found, "threads.locked") == 12


def test_the_thread_that_answers_the_masters_pings_is_no_pool_thread(pair: AppServer) -> None:
    found = watch(pair.pid)

    assert value(found, "process.threads") >= 2
    assert value(found, "threads.limiter.busy") == 0


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_workers_without_a_loop_have_no_blocked_loop(tmp_path: Path, worker_class: str) -> None:
    (tmp_path / "plain.py").write_text(
        "def app(environ, start):\n    start('200 OK', [])\n    return [b'ok']\n", encoding="utf-8"
    )
    port = free_port()
    command = [script("gunicorn"), "plain:app", "-k", worker_class, "--bind", f"{LOOPBACK}:{port}"]
    command.append("--no-control-socket")
    with running(command, name="gunicorn", log=tmp_path / "log", working_directory=tmp_path) as server:
        server.wait_ready(lambda: is_listening(port))
        wait_until(lambda: workers_of(server.pid) == 1, what="the worker runs", within_s=5)
        found = watch(server.pid)

    reason, detail = why_missing(found, "loop.blocked.ratio")
    assert reason is Reason.ABSENT
    assert "no event loop" in detail
    assert why_missing(found, "loop.polling.ratio")[0] is Reason.ABSENT
    assert why_missing(found, "threads.limiter.busy")[0] is Reason.ABSENT
    assert value(found, "http.in_flight") == 0


def test_a_script_that_serves_by_itself_is_read_with_a_bias(tmp_path: Path) -> None:
    (tmp_path / "serve.py").write_text(
        "import asyncio\n\nasync def main():\n    print('ready')\n    await asyncio.sleep(60)\n\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    with running([sys.executable, str(tmp_path / "serve.py")], name="serve", log=tmp_path / "log") as server:
        server.wait_ready(lambda: "ready" in server.log.read_text(encoding="utf-8"))
        found = watch(server.pid)

    assert not found.readings["loop.blocked.ratio"].is_trusted
    assert why_missing(found, "http.in_flight") == (
        Reason.ABSENT,
        "the service listens on no TCP port that is known (a Unix socket?)",
    )


def test_reload_mode_watches_the_process_that_serves(tmp_path: Path) -> None:
    shutil.copy(DEPOT, tmp_path / "depot.py")
    port = free_port()
    command = [script("uvicorn"), "depot:app", "--reload", "--port", str(port)]
    with running(command, name="uvicorn", log=tmp_path / "log", working_directory=tmp_path) as server:
        server.wait_ready(lambda: is_listening(port))
        app = AppServer(server=server, port=port)
        server.wait_ready(app.answers)
        with crowd(app, "/hang?seconds=1.4", 3):
            found = watch(server.pid)

    assert value(found, "http.in_flight") == 3
    assert value(found, "loop.polling.ratio") > 0.9


def rests(app: AppServer) -> bool:
    before = app.cpu_seconds()
    time.sleep(0.2)
    return app.cpu_seconds() - before < 0.03


def workers_of(pid: int) -> int:
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False)
    return len(children.stdout.split())
