"""What a sleeping thread waits for: real threads of this process, and the calls of another architecture."""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fastdiag.host.proc import Proc
from fastdiag.host.syscalls import Act, Wait, wait_of
from fastdiag.host.unreadable import Reason, Unreadable
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
PID = 41


def seen_in(proc: Proc, call: Callable[[], object]) -> Wait | Unreadable | None:
    """Return what a thread is seen to wait for while it is in a call."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    tid = thread.native_id
    assert tid is not None
    wait_until(lambda: proc.wchan(os.getpid(), tid) != "0", what="the thread sleeps", within_s=5)
    return wait_of(proc, os.getpid(), tid)


def test_each_wait_is_told_by_its_call_and_descriptor(proc: Proc) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fd = ours.fileno()
        polled = select.poll()
        polled.register(fd, select.POLLIN)
        reads = {
            "recv": lambda: ours.recv(1),
            "poll": lambda: polled.poll(3000),
            "select": lambda: select.select([fd], [], [], 3),
        }
        found = {name: seen_in(proc, call) for name, call in reads.items()}
        sleeping = seen_in(proc, lambda: time.sleep(3))
        locked = seen_in(proc, threading.Event().wait)
        with subprocess.Popen(["sleep", "3"]) as child:
            waiting = seen_in(proc, child.wait)
            child.kill()
        theirs.sendall(b"end")

    assert found == dict.fromkeys(reads, Wait(act=Act.READ, fd=fd))
    assert sleeping == Wait(act=Act.SLEEP)
    assert locked == Wait(act=Act.LOCK)
    assert waiting == Wait(act=Act.CHILD)


def test_a_thread_that_runs_waits_for_nothing(proc: Proc) -> None:
    assert wait_of(proc, os.getpid(), threading.get_native_id()) is None


def plant(root: Path, syscall: str, memory: bytes = b"") -> Proc:
    task = root / str(PID) / "task" / str(PID)
    task.mkdir(parents=True)
    (task / "syscall").write_text(syscall)
    (root / str(PID) / "mem").write_bytes(memory)
    return Proc(root)


@pytest.mark.parametrize(
    ("machine", "syscall", "expected"),
    [
        ("x86_64", "45 0x7 0x0 0x1 0x0 0x0 0x0 0x7ffe 0x7f\n", Wait(act=Act.READ, fd=7)),
        ("aarch64", "203 0x9 0x0 0x1 0x0 0x0 0x0 0x7ffe 0x7f\n", Wait(act=Act.CONNECT, fd=9)),
        ("aarch64", "73 0x8 0x1 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n", Wait(act=Act.WRITE, fd=5)),
        ("x86_64", "7 0x0 0x0 0x64 0x0 0x0 0x0 0x7ffe 0x7f\n", Wait(act=Act.SLEEP)),
        ("x86_64", "4711 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n", Wait(act=Act.OTHER)),
        ("x86_64", "-1 0x7ffe 0x7f\n", None),
        ("x86_64", "running\n", None),
    ],
)
def test_calls_are_read_by_the_table_of_the_architecture(
    tmp_path: Path, machine: str, syscall: str, expected: Wait | None
) -> None:
    polled = bytes(8) + (5).to_bytes(4, "little") + (4).to_bytes(2, "little") + bytes(2)

    assert wait_of(plant(tmp_path, syscall, polled), PID, PID, machine) == expected


@pytest.mark.parametrize("syscall", ["7 0x0\n", "45\n", "45 zero\n"])
def test_what_is_not_in_the_expected_form_is_said(tmp_path: Path, syscall: str) -> None:
    found = wait_of(plant(tmp_path, syscall), PID, PID, "x86_64")

    assert isinstance(found, Unreadable)
    assert found.reason is Reason.FAILED


def test_another_architecture_is_not_guessed(tmp_path: Path) -> None:
    found = wait_of(plant(tmp_path, "45 0x7 0x0\n"), PID, PID, "riscv64")

    assert isinstance(found, Unreadable)
    assert found.reason is Reason.ABSENT
