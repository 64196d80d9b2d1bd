"""What the service's sockets, threads and children show beside its requests: on real processes."""

import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fastdiag.collectors import processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.processes import growth
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.host.net_tcp import listen_drops
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Bound, Reason
from fastdiag.model.target import Target
from tests.collectors.test_processes import silent
from tests.collectors.watching import DEPOT, crowd, knocking, parts, value, watch, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import running, script

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
NAME_SERVER = "127.0.0.9"
TOLD_BY_PSUTIL = (
    "service.cpu",
    "service.cores",
    "process.rss",
    "process.threads",
    "process.fds",
    "workers.age",
    "workers.count",
    "server.age",
)
NEED_LINUX = (
    "loop.blocked.ratio",
    "loop.switches",
    "http.in_flight",
    "external.waiting",
    "server.backlog",
    "process.fds.limit",
    "process.zombies",
    "process.swap",
    "dns.waiting",
    "background.active",
    "server.listen_overflows",
    "workers.cpu.wait",
    "threads.limiter.busy",
)


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("uvicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


@pytest.fixture
def leaky(tmp_path: Path) -> Iterator[AppServer]:
    """Serve anew: what the test leaves behind stays."""
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


def ask(app: AppServer, path: str) -> None:
    httpx.get(f"{app.url}{path}").raise_for_status()


def overflows(pid: int) -> object:
    """Return what the kernel has counted for the whole network namespace, the ports of other programs too."""
    return listen_drops(Proc(), pid)


def test_a_quiet_service_shows_none_of_it(uvicorn: AppServer) -> None:
    before = overflows(uvicorn.pid)
    found = watch(uvicorn.pid)
    is_quiet = overflows(uvicorn.pid) == before

    for name in (
        "workers.busy",
        "background.active",
        "dns.waiting",
        "external.sockets",
        "process.connecting",
        "process.sockets.close_wait",
        "process.zombies",
        "process.swap",
        "process.fds.growth",
        *(("server.listen_overflows",) if is_quiet else ()),
    ):
        assert value(found, name) == 0, name
    assert value(found, "service.cores") == len(os.sched_getaffinity(uvicorn.pid))
    assert value(found, "server.age") == value(found, "workers.age.oldest") < 60
    assert value(found, "process.fds") < value(found, "process.fds.limit")
    assert why_missing(found, "cache.waiting")[0] is Reason.ABSENT
    assert why_missing(found, "workers.restarts")[1] == "a single process: no master replaces it"


def test_leaked_sockets_and_children_are_counted(leaky: AppServer) -> None:
    with socket.create_server((LOOPBACK, 0)) as peer:
        port = peer.getsockname()[1]
        ask(leaky, f"/dial?port={port}&count=5")
        ask(leaky, "/spawn?count=3")
        accepted = [peer.accept()[0] for _ in range(5)]
        before = watch(leaky.pid)
        for connection in accepted:
            connection.close()
        after = watch(leaky.pid)

    assert value(before, "external.sockets") == 5
    assert parts(before, "external.sockets", "remote") == {f"{LOOPBACK}:{port}": 5}
    assert value(before, "process.sockets.close_wait") == 0
    assert value(before, "process.zombies") == 3
    assert parts(before, "process.zombies", "parent") == {str(leaky.pid): 3}
    assert value(after, "process.sockets.close_wait") == 5
    assert value(after, "external.sockets") == 0


def test_connections_that_nobody_takes_are_connecting(leaky: AppServer) -> None:
    with socket.create_server((LOOPBACK, 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)):
            ask(leaky, f"/dial?port={port}&count=6")
            found = watch(leaky.pid)

    assert value(found, "process.connecting") == 6
    assert value(found, "external.waiting") == 6


def test_commands_to_a_cache_that_hangs_are_told_from_calls(uvicorn: AppServer) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", LOOPBACK, "--save", ""]
    with running(command, name="redis", log=uvicorn.server.log.with_name("redis")) as redis:
        redis.wait_ready(lambda: is_listening(port))
        os.kill(redis.pid, signal.SIGSTOP)
        with crowd(uvicorn, f"/call?port={port}", 4):
            found = watch(uvicorn.pid)
        os.kill(redis.pid, signal.SIGCONT)

    assert value(found, "cache.waiting") == 4
    assert parts(found, "cache.waiting", "remote") == {f"{LOOPBACK}:{port}": 4}
    assert value(found, "external.waiting") == value(found, "background.active") == 0
    assert value(found, "workers.busy") == 1


def test_calls_after_the_answer_are_background_work(uvicorn: AppServer) -> None:
    with silent() as port:
        ask(uvicorn, f"/later?port={port}&count=4")
        found = watch(uvicorn.pid)

    assert value(found, "background.active") == 4
    assert found.readings["background.active"].is_trusted
    assert value(found, "http.in_flight") == value(found, "workers.busy") == 0


def test_the_threads_and_calls_of_requests_are_no_background_work(uvicorn: AppServer) -> None:
    with silent() as port, crowd(uvicorn, f"/read?port={port}&seconds=3", 3), crowd(uvicorn, "/hang", 2):
        found = watch(uvicorn.pid)

    assert value(found, "http.in_flight") == 5
    assert value(found, "background.active") == 0


def test_growth_is_the_pace_of_the_window_and_says_so(
    leaky: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(leaky, "/hoard?mib=2&files=5")
    starting = watch(leaky.pid)
    monkeypatch.setattr(growth, "START_UP_S", 0.0)
    found = watch(leaky.pid)

    assert "what a start takes" in why_missing(starting, "process.rss.growth")[1]
    assert value(found, "process.rss.growth") > 1 << 30
    assert value(found, "process.fds.growth") > 10
    assert "measured over" in str(found.readings["process.rss.growth"].bias)


def test_a_full_accept_queue_drops_connections_in_the_namespace_of_the_service(uvicorn: AppServer) -> None:
    with socket.create_server((LOOPBACK, 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)), knocking(port):
            found = watch(uvicorn.pid)

    assert value(found, "server.listen_overflows") > 0


def test_refused_connections_are_counted_in_the_namespace_of_the_service(uvicorn: AppServer) -> None:
    with knocking(free_port()):
        found = watch(uvicorn.pid)

    assert value(found, "process.connects.failed") > 1
    assert found.readings["process.connects.failed"].bound is Bound.AT_MOST


def test_a_lookup_that_no_name_server_answers_is_dns(tmp_path: Path) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("a name server of its own needs root and mount namespaces")
    (tmp_path / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n", encoding="ascii")
    port = free_port()
    serve = f"{script('uvicorn')} depot:app --port {port}"
    mounted = f"mount --bind {tmp_path / 'resolv.conf'} /etc/resolv.conf && exec {serve}"
    with socket.socket(type=socket.SOCK_DGRAM) as deaf:
        try:
            deaf.bind((NAME_SERVER, 53))
        except OSError as error:
            pytest.skip(f"port 53 cannot be had: {error.strerror}")
        command = ["unshare", "-m", "sh", "-c", mounted]
        with running(command, name="uvicorn", log=tmp_path / "log", working_directory=DEPOT.parent) as server:
            server.wait_ready(lambda: is_listening(port))
            before = watch(server.pid)
            httpx.get(f"http://{LOOPBACK}:{port}/lookup?name=shop.example").raise_for_status()
            found = watch(server.pid)

    assert value(before, "dns.waiting") == 0
    assert value(found, "dns.waiting") == 1


def test_a_kernel_that_hides_its_datagram_sockets_is_no_proof_that_no_name_is_looked_up(
    uvicorn: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = Unreadable(reason=HostReason.DENIED, detail="net/udp: Permission denied")
    monkeypatch.setattr("fastdiag.collectors.processes.traffic.read_udp_tables", lambda *_: hidden)

    found = watch(uvicorn.pid)

    assert why_missing(found, "dns.waiting") == (
        Reason.ABSENT,
        f"the UDP sockets cannot be read: {hidden.detail}",
    )


def test_a_master_that_replaced_a_killed_worker_has_one_restart(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        local = discover(Settings(pid=app.pid), slow_s=1).target.local
        assert local is not None
        os.kill(local.workers[0], signal.SIGKILL)
        found = seen(Target(deadline_s=2, local=local))

    assert value(found, "workers.count") == 1
    assert value(found, "workers.restarts") == 1


def test_without_proc_psutil_tells_what_it_can_and_the_rest_needs_linux(
    uvicorn: AppServer, tmp_path: Path
) -> None:
    target = discover(Settings(pid=uvicorn.pid, deadline_s=2.0), slow_s=1).target
    target = replace(target, queue_workers=())
    elsewhere = functools.partial(processes.collect, proc=Proc(tmp_path / "none"))
    (found,) = gather(target, shipped(), {"processes": elsewhere})

    for name in TOLD_BY_PSUTIL:
        assert name in found.readings, name
    for name in NEED_LINUX:
        reason, detail = why_missing(found, name)
        assert (reason, "needs Linux" in detail) == (Reason.ABSENT, True), (name, detail)
    assert why_missing(found, "queue.processes")[0] is Reason.ABSENT
    assert "by CPU alone" in str(found.readings["workers.busy"].bias)


def seen(target: Target) -> Gathered:
    (found,) = gather(target, shipped(), {"processes": processes.collect})
    return found
