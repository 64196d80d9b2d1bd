"""What the processes collector says when it may not look, or when there is nothing (any more) to look at."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.collectors import processes
from fastdiag.collectors.gather import gather
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import DEPOT, crowd, knocking, parts, value, watch, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.ports import LOOPBACK
from tests.stack.processes import running, script
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
NOBODY = 65534
OWNED = (
    "loop.blocked.ratio",
    "loop.blocked.on",
    "loop.polling.ratio",
    "threads.limiter.busy",
    "external.waiting",
    "external.stuck",
    "external.oldest",
    "db.sockets",
    "db.sockets.stuck",
    "process.sockets",
)
"""What only the service's own user and root may see."""

BLOCK_AND_KNOCK = """
import socket, time
there = ("127.0.0.1", 8000)
first = socket.create_connection(there)
first.sendall(b"GET /block?seconds=8 HTTP/1.1\\r\\nHost: depot\\r\\n\\r\\n")
time.sleep(0.5)
kept = [socket.socket() for _ in range(8)]
for each in kept:
    each.setblocking(False)
    each.connect_ex(there)
print("queued", flush=True)
while True:
    with socket.socket() as late:
        late.settimeout(0.05)
        late.connect_ex(there)
"""
AS_NOBODY = """
import os, sys
from dataclasses import replace
from fastdiag.collectors import processes
from fastdiag.collectors.gather import gather
from fastdiag.collectors.processes import collect
from fastdiag.config import Settings
from fastdiag.discovery import discover
from tests.metrics.catalogue import shipped
pid, ports = int(sys.argv[1]), sys.argv[2]
catalogue = shipped()
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
target = discover(Settings(pid=pid, deadline_s=2.0), slow_s=0.2).target
if ports == "unknown":
    target = replace(target, local=replace(target.local, ports=()))
(found,) = gather(target, catalogue, {{"processes": processes.collect}})
for name, reading in sorted(found.readings.items()):
    print("seen", name, reading.value, sep="\\t")
for name, why in sorted(found.missing.items()):
    print("missing", name, why.reason.value, why.detail, sep="\\t")
print("state", found.state.status.value, found.state.error, sep="\\t")
"""


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    directory = tmp_path_factory.mktemp("uvicorn")
    with app_server(DEPOT, directory=directory, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


def seen_by_nobody(pid: int, ports: str = "known") -> dict[str, list[str]]:
    """Watch as a user with no rights on the service; signal -> what was printed of it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    command = [sys.executable, "-c", AS_NOBODY.format(nobody=NOBODY), str(pid), ports]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {row[1]: [row[0], *row[2:]] for row in rows}


def test_another_users_process_is_denied_in_a_sentence_and_never_zero(uvicorn: AppServer) -> None:
    with crowd(uvicorn, "/hang", 3):
        seen = seen_by_nobody(uvicorn.pid, ports="unknown")

    for name in (*OWNED, "http.in_flight", "http.stuck", "http.oldest", "server.backlog"):
        kind, reason, detail = seen[name]
        assert (kind, reason) == ("missing", "denied"), name
        assert "run as that user or as root" in detail
    assert seen["service.cpu"][0] == "seen"


def test_another_users_requests_are_counted_where_the_command_line_tells_the_port(
    uvicorn: AppServer,
) -> None:
    with crowd(uvicorn, "/hang", 3):
        seen = seen_by_nobody(uvicorn.pid)

    assert seen["http.in_flight"] == ["seen", "3.0"]
    assert seen["server.backlog"] == ["seen", "0.0"]
    assert {seen[name][1] for name in OWNED} == {"denied"}


def test_nothing_to_watch_is_a_skip() -> None:
    (found,) = gather(Target(deadline_s=1), shipped(), {"processes": processes.collect})

    assert found.state.status is SourceStatus.SKIPPED
    assert found.state.hint == "name one with --pid PID"
    assert found.missing["http.in_flight"].reason is Reason.NOT_CONFIGURED


def test_processes_that_are_gone_or_zombies_have_ended() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    wait_until(
        lambda: "State:\tZ" in Path(f"/proc/{zombie.pid}/status").read_text(),
        what="it is a zombie",
        within_s=5,
    )
    local = Local(kind="uvicorn", app=None, master=None, workers=(zombie.pid,), ports=(8000,))
    (found,) = gather(Target(deadline_s=2, local=local), shipped(), {"processes": processes.collect})
    zombie.wait()
    (gone,) = gather(Target(deadline_s=2, local=local), shipped(), {"processes": processes.collect})

    for each in (found, gone):
        assert each.state.status is SourceStatus.FAILED
        assert each.state.error == "the processes have ended"
        assert not each.readings


def test_a_master_without_workers_is_told_and_counted(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    with running(
        [sys.executable, str(tmp_path / "broken.py")], name="master", log=tmp_path / "log"
    ) as master:
        local = Local(kind="gunicorn", app=None, master=master.pid, workers=(), ports=(8000,))
        (found,) = gather(Target(deadline_s=2, local=local), shipped(), {"processes": processes.collect})

    assert value(found, "workers.count") == 0
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == f"the master (pid {master.pid}) has no workers"


@pytest.mark.parametrize("lost", ["first", "last"])
def test_a_worker_that_ends_while_it_is_watched_costs_only_its_own_figures(tmp_path: Path, lost: str) -> None:
    with app_server(DEPOT, directory=tmp_path, workers=2) as app:
        local = discover(Settings(pid=app.pid), slow_s=1).target.local
        assert local is not None
        victim = local.workers[0 if lost == "first" else -1]
        survivor = local.workers[-1 if lost == "first" else 0]
        timer = threading.Timer(0.4, os.kill, (victim, signal.SIGKILL))
        timer.start()
        target = Target(deadline_s=2, local=local, slow_s=0.2)
        (found,) = gather(target, shipped(), {"processes": processes.collect})
        timer.join()

    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == f"ended while it was watched: worker {victim}"
    assert value(found, "workers.count") == 1
    assert not found.readings["service.cpu"].is_trusted
    assert {dict(part.labels)["worker"] for part in found.readings["process.rss"].by} == {str(survivor)}
    assert value(found, "http.in_flight") == 0
    assert value(found, "loop.polling.ratio") > 0.5


def test_all_workers_ending_is_no_reading_of_zero(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app:
        timer = threading.Timer(0.3, os.kill, (app.pid, signal.SIGKILL))
        timer.start()
        found = watch(app.pid)
        timer.join()

    assert why_missing(found, "service.cpu") == (Reason.ABSENT, "the workers have ended")
    assert why_missing(found, "process.fds")[0] is Reason.ABSENT
    assert "process.rss" not in found.readings
    assert value(found, "workers.count") == 0


def test_a_service_on_a_unix_socket_has_no_requests_that_could_be_counted(tmp_path: Path) -> None:
    path = tmp_path / "depot.sock"
    command = [script("uvicorn"), "depot:app", "--uds", str(path)]
    with running(command, name="uvicorn", log=tmp_path / "log", working_directory=DEPOT.parent) as server:
        server.wait_ready(path.exists)
        found = watch(server.pid)

    for name in ("http.in_flight", "http.stuck", "http.oldest", "server.backlog"):
        assert why_missing(found, name)[0] is Reason.ABSENT
    assert value(found, "external.waiting") == 0


def test_a_service_in_another_network_namespace_is_read_without_socket_times(tmp_path: Path) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False).returncode != 0:
        pytest.skip("network namespaces need root")
    command = ["unshare", "-n", script("uvicorn"), "depot:app", "--port", "8000"]
    with (
        running(command, name="uvicorn", log=tmp_path / "log", working_directory=DEPOT.parent) as server,
        socket.create_server((LOOPBACK, 0), backlog=0) as full,
        socket.create_connection((LOOPBACK, full.getsockname()[1])),
        knocking(full.getsockname()[1]),  # what is dropped here, in our own namespace, is not the service's
    ):
        server.wait_ready(lambda: "Uvicorn running" in server.log.read_text(encoding="utf-8"))
        found = watch(server.pid)
        notes = discover(Settings(pid=server.pid), slow_s=1)

    reason, detail = why_missing(found, "http.in_flight")
    assert reason is Reason.ABSENT
    assert "network namespace" in detail
    assert value(found, "server.backlog") == 0
    assert value(found, "server.listen_overflows") == 0
    assert value(found, "process.connecting") == value(found, "dns.waiting") == 0
    assert value(found, "loop.polling.ratio") > 0.5
    assert notes.target.app_url is None
    assert any("a network of its own" in note for note in notes.notes)


def test_a_full_accept_queue_of_another_network_is_told_by_its_own_tables(tmp_path: Path) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False).returncode != 0:
        pytest.skip("network namespaces need root")
    if shutil.which("ip") is None:
        pytest.skip("its loopback device is brought up by `ip`")
    serve = f"ip link set lo up && exec {script('uvicorn')} depot:app --port 8000 --backlog 2"
    with running(
        ["unshare", "-n", "sh", "-c", serve],
        name="uvicorn",
        log=tmp_path / "log",
        working_directory=DEPOT.parent,
        stop_with=signal.SIGKILL,
    ) as server:
        server.wait_ready(lambda: "Uvicorn running" in server.log.read_text(encoding="utf-8"))
        inside = ["nsenter", "-t", str(server.pid), "-n", sys.executable, "-c", BLOCK_AND_KNOCK]
        with running(inside, name="clients", log=tmp_path / "clients") as clients:
            clients.wait_ready(lambda: "queued" in clients.log.read_text(encoding="utf-8"))
            found = watch(server.pid)

    assert value(found, "server.backlog") == 3  # the kernel takes one more than the limit
    assert parts(found, "server.backlog", "local") == {"127.0.0.1:8000": 3}
    assert (
        why_missing(found, "server.backlog.utilization")[0] is Reason.ABSENT
    )  # only netlink tells the limit
    assert value(found, "server.listen_overflows") > 0
    assert found.readings["process.connects.failed"].is_trusted


def test_no_time_left_is_said_and_not_computed(uvicorn: AppServer) -> None:
    target = discover(Settings(pid=uvicorn.pid, deadline_s=0.3), slow_s=1).target
    (found,) = gather(target, shipped(), {"processes": processes.collect})

    assert found.state.status is SourceStatus.FAILED
    assert found.missing["service.cpu"].reason is Reason.TIMED_OUT
