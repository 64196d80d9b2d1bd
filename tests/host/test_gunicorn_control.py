"""gunicorn's control socket: a real one, and replies that a real one would not give."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.host.gunicorn_control import GunicornStatus, gunicorn_status
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, server_of
from fastdiag.host.settings import Origin, Setting
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_servers import PYTHON, found, grow
from tests.stack.waiting import wait_until


def test_a_real_master_tells_its_workers_totals_and_settings(proc: Proc, gunicorn_pair: Started) -> None:
    server = found(proc, gunicorn_pair)
    # The master opens the socket after its first workers.
    wait_until(lambda: reason(gunicorn_status(proc, server)) is None, what="a control socket", within_s=10)
    # It counts a worker from its fork on, which beats for the first time when it has started.
    wait_until(lambda: _all_beat(gunicorn_status(proc, server)), what="heartbeats", within_s=10)
    status = gunicorn_status(proc, server, timeout_s=10)

    assert isinstance(status, GunicornStatus)
    assert {worker.pid for worker in status.workers} == set(server.workers)
    assert (status.workers_wanted, status.workers_spawned, status.reloads) == (2, 2, 0)
    assert status.settings["timeout"] == Setting(value=25, origin=Origin.CONTROL_SOCKET)
    assert str(status.settings["worker_class"].value).endswith("UvicornWorker")
    assert isinstance(status.settings["threads"].value, int), "what the config file computed"


def test_uvicorn_has_no_control_socket(proc: Proc, uvicorn_alone: Started) -> None:
    assert reason(gunicorn_status(proc, found(proc, uvicorn_alone))) is Reason.ABSENT


def test_a_switched_off_or_missing_socket_is_absent(tmp_path: Path) -> None:
    off = planted(tmp_path / "a", "--no-control-socket")
    missing = planted(tmp_path / "b")

    assert reason(gunicorn_status(*off)) is Reason.ABSENT
    assert reason(gunicorn_status(*missing)) is Reason.ABSENT


def test_a_socket_that_another_gunicorn_took_over_is_not_believed(tmp_path: Path) -> None:
    proc, server = planted(tmp_path)
    replies = [{"pid": 11}, {"workers": []}, {}]
    with answering(tmp_path, [reply(number, data) for number, data in enumerate(replies, start=1)]):
        status = gunicorn_status(proc, server, timeout_s=10)

    assert isinstance(status, Unreadable)
    assert status.detail == "the control socket belongs to another gunicorn"


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\5hell",
        b"\0\0\0\5hello",
        b"\0\0\0\2[]",
        b"\0\0\0\2{}",
        struct.pack(">I", 100_000) + b"[" * 100_000,
    ],
)
def test_a_damaged_or_endless_reply_is_failed(tmp_path: Path, answer: bytes) -> None:
    proc, server = planted(tmp_path)
    with answering(tmp_path, [answer]):
        assert reason(gunicorn_status(proc, server, timeout_s=10)) is Reason.FAILED


def test_a_stopped_master_costs_no_more_than_the_timeout(tmp_path: Path) -> None:
    proc, server = planted(tmp_path)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "10" / "cwd" / "gunicorn.ctl"))
        silent.listen()
        status = gunicorn_status(proc, server, timeout_s=0.1)

    assert isinstance(status, Unreadable)
    assert (status.reason, status.detail) == (Reason.FAILED, "control socket: timed out")


def test_a_worker_that_has_not_reported_yet_has_no_heartbeat(tmp_path: Path) -> None:
    proc, server = planted(tmp_path)
    told = {11: 2.5, 12: -1_795_357_170.0, 13: None, 14: -0.01}
    stats = {"pid": 10, "workers_target": 4, "workers_spawned": 4, "workers_killed": 0, "reloads": 0}
    rows = [{"pid": pid, "last_heartbeat": heartbeat} for pid, heartbeat in told.items()]
    replies = [reply(1, stats), reply(2, {"workers": rows}), reply(3, {})]
    with answering(tmp_path, replies):
        status = gunicorn_status(proc, server, timeout_s=10)

    assert isinstance(status, GunicornStatus)
    ages = {worker.pid: worker.last_heartbeat_s for worker in status.workers}
    assert ages == {11: 2.5, 12: None, 13: None, 14: 0.0}


def planted(root: Path, *arguments: str) -> tuple[Proc, Server]:
    """Plant a gunicorn master whose control socket is in its working directory."""
    root.mkdir(exist_ok=True)
    grow(
        root, 10, 1, "S", PYTHON, "/bin/gunicorn", "--control-socket", "gunicorn.ctl", *arguments, "main:app"
    )
    (root / "10" / "environ").write_text("HOME=/root\0")
    (root / "10" / "cwd").mkdir()
    server = server_of(Proc(root), 10)
    assert isinstance(server, Server)
    return Proc(root), server


@contextmanager
def answering(root: Path, answers: list[bytes]) -> Iterator[None]:
    """Serve one connection on the planted control socket: one answer a request, then close."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "10" / "cwd" / "gunicorn.ctl"))
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, answers))
        thread.start()
        yield
        thread.join()


def _serve(listener: socket.socket, answers: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        for answer in answers:
            assert b'"show ' in connection.recv(4096)
            connection.sendall(answer)


def reply(number: int, data: object) -> bytes:
    text = json.dumps({"id": number, "status": "ok", "data": data}).encode()
    return struct.pack(">I", len(text)) + text


def reason(answer: object) -> Reason | None:
    return answer.reason if isinstance(answer, Unreadable) else None


def _all_beat(status: GunicornStatus | Unreadable) -> bool:
    return isinstance(status, GunicornStatus) and all(
        worker.last_heartbeat_s is not None for worker in status.workers
    )
