"""One process under /proc: real ones of this test, and planted trees for what cannot be provoked."""

import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fastdiag.host.proc import ContextSwitches, Proc, ProcessStat, ProcessStatus
from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable
from tests.stack.waiting import wait_until

ENDED_PID = 2**22 + 1  # beyond the largest pid that Linux hands out
NOBODY = 65534


def test_this_process_reads_as_it_knows_itself(proc: Proc) -> None:
    me = os.getpid()
    stat, status, cmdline = proc.stat(me), proc.status(me), proc.cmdline(me)

    assert isinstance(stat, ProcessStat)
    assert stat.parent_pid == os.getppid()
    assert not stat.is_zombie
    assert stat.cpu_s > 0
    assert stat.rss_bytes > 1_000_000
    assert time.time() - 3600 < stat.started_at < time.time() + 2
    assert status == ProcessStatus(uid=os.geteuid(), namespace_pid=me, swapped_bytes=0)
    assert isinstance(cmdline, tuple)
    assert cmdline[0] == sys.orig_argv[0]
    assert proc.cwd(me) == Path.cwd()
    assert proc.shares_network(me) is True


def test_descriptors_sockets_and_limit_are_counted(proc: Proc) -> None:
    before = proc.fd_count(os.getpid())
    with socket.socket() as opened:
        after, inodes = proc.fd_count(os.getpid()), proc.socket_inodes(os.getpid())
        assert isinstance(before, int)
        assert after == before + 1
        assert not isinstance(inodes, Unreadable)
        assert inodes[opened.fileno()] == os.fstat(opened.fileno()).st_ino
    assert proc.fd_soft_limit(os.getpid()) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_sleeping_thread_shows_its_wait_and_its_voluntary_switches(proc: Proc) -> None:
    thread = threading.Thread(target=time.sleep, args=(0.5,))
    thread.start()
    tid, me = thread.native_id, os.getpid()
    assert tid is not None
    wait_until(lambda: "nanosleep" in str(proc.wchan(me, tid)), what="the thread sleeps", within_s=5)
    switches, waited = proc.context_switches(me, tid), proc.run_queue_wait_s(me, tid)
    tasks = proc.tasks(me)
    thread.join()

    assert isinstance(tasks, tuple)
    assert {me, tid} <= set(tasks)
    assert isinstance(switches, ContextSwitches)
    assert switches.voluntary >= 1
    assert isinstance(waited, float)
    assert proc.wchan(me) == "0", "the main thread runs: it is reading this"


@pytest.mark.parametrize(
    "reader",
    ["comm", "cmdline", "environ", "cwd", "stat", "status", "tasks", "context_switches", "run_queue_wait_s",
     "wchan", "cgroup", "shares_network", "fd_count", "fd_soft_limit", "socket_inodes"],
)  # fmt: skip
def test_an_ended_process_is_gone_to_every_reader(proc: Proc, reader: str) -> None:
    answer = getattr(proc, reader)(ENDED_PID)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.GONE


def test_a_zombie_has_a_state_and_no_arguments_or_descriptors(proc: Proc) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_until(lambda: getattr(proc.stat(child.pid), "is_zombie", False), what="a zombie", within_s=10)
        assert proc.cmdline(child.pid) == ()
        assert isinstance(proc.comm(child.pid), str)
        assert proc.socket_inodes(child.pid) == {} or _reason(proc.socket_inodes(child.pid)) is Reason.DENIED
    finally:
        child.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")
def test_another_users_process_is_denied_and_never_looks_idle_or_empty() -> None:
    program = f"""
import os
from fastdiag.host.proc import Proc
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
proc, pid = Proc(), {os.getpid()}
print(*(getattr(proc, reader)(pid).reason for reader in ("environ", "cwd", "socket_inodes", "wchan")))
print(type(proc.stat(pid)).__name__, type(proc.fd_count(pid)).__name__, proc.hides_processes())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stdout.split("\n")[0] == "denied denied denied denied", done.stderr
    assert done.stdout.split("\n")[1].startswith("ProcessStat ")


def test_names_with_spaces_and_parentheses_do_not_shift_the_fields(tmp_path: Path) -> None:
    plant(tmp_path, 7, stat="7 (a) S) S 3 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 4 0 1000 0 25 0")
    tick = os.sysconf("SC_CLK_TCK")

    assert Proc(tmp_path).stat(7) == ProcessStat(
        parent_pid=3,
        group=7,
        state="S",
        cpu_s=200 / tick,
        started_at=1_700_000_000 + 1000 / tick,
        threads=4,
        rss_bytes=25 * os.sysconf("SC_PAGE_SIZE"),
    )


def test_the_pid_that_a_contained_process_sees_is_the_innermost(tmp_path: Path) -> None:
    plant(tmp_path, 812, status="Name:\tpython\nPid:\t812\nUid:\t0\t1000\t1000\t1000\nNSpid:\t812\t40\t1\n")

    assert Proc(tmp_path).status(812) == ProcessStatus(uid=1000, namespace_pid=1, swapped_bytes=None)


def test_what_the_kernel_lacks_is_absent_and_damage_is_failed(tmp_path: Path) -> None:
    plant(tmp_path, 7, stat="7 (python) S", environ="")
    (tmp_path / "7" / "task" / "7").mkdir(parents=True)
    proc = Proc(tmp_path)

    assert _reason(proc.run_queue_wait_s(7)) is Reason.ABSENT
    assert _reason(proc.context_switches(7, 8)) is Reason.GONE
    assert _reason(proc.stat(7)) is Reason.FAILED
    assert proc.environ(7) == {}


def test_without_proc_everything_is_absent_because_it_needs_linux(tmp_path: Path) -> None:
    proc = Proc(tmp_path / "no-proc-here")

    assert proc.pids() == NEEDS_LINUX
    assert proc.scan(lambda _: True) == NEEDS_LINUX
    assert proc.stat(1) == NEEDS_LINUX
    assert proc.net(None, "tcp") == NEEDS_LINUX


def test_scan_reads_names_only_and_keeps_the_wanted(tmp_path: Path) -> None:
    for pid, name in ((3, "python3.11"), (5, "postgres"), (8, "python")):
        plant(tmp_path, pid, comm=name + "\n")
    (tmp_path / "9").mkdir()

    assert Proc(tmp_path).scan(lambda comm: comm.startswith("python")) == {3: "python3.11", 8: "python"}


@pytest.mark.parametrize(
    ("option", "hidden"),
    [("rw", False), ("rw,hidepid=2", True), ("rw,hidepid=invisible", True), ("rw,hidepid=0", False)],
)
def test_hidepid_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, *, hidden: bool
) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text(f"22 1 0:20 / /proc rw - proc proc {option}\n")
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)

    assert Proc(tmp_path).hides_processes() is hidden


def plant(root: Path, pid: int, **files: str) -> None:
    """Plant a process in a /proc tree of a machine that booted at 1,700,000,000."""
    (root / "stat").write_text("cpu 1 2 3\nbtime 1700000000\n")
    (root / str(pid)).mkdir()
    for name, text in files.items():
        (root / str(pid) / name).write_text(text)


def _reason(answer: object) -> Reason | None:
    return answer.reason if isinstance(answer, Unreadable) else None
