"""The process table in bad weather: hidden, vanishing, reused, stuck, and other users' processes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.host.proc import Proc, ProcessStat
from fastdiag.host.queue_workers import find_queue_workers
from fastdiag.host.servers import Server, find_servers, server_of
from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_proc import plant
from tests.host.test_servers import PYTHON, grow
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.usefixtures("proc")
NOBODY = 65534

AS_NOBODY = f"""
import os
from fastdiag.host.proc import Proc
from fastdiag.host.queue_workers import find_queue_workers
from fastdiag.host.servers import find_servers
proc = Proc()
find_servers(proc)
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
print(proc.hides_processes(), len(find_servers(proc)), len(find_queue_workers(proc)))
"""


def test_hidden_processes_are_told_from_absent_ones(uvicorn_alone: Started) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount /proc with hidepid")
    mount = "mount -t proc -o hidepid=2 proc /proc"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], check=False, capture_output=True).returncode:
        pytest.skip("no /proc can be mounted here")
    command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$0" -c "$1"', sys.executable, AS_NOBODY]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "True 0 0\n", done.stderr
    assert Path(f"/proc/{uvicorn_alone.pid}").exists()


def test_another_users_server_is_found_without_its_sockets(uvicorn_alone: Started) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    done = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, check=True)
    hidden, servers, _ = done.stdout.split()

    assert (hidden, int(servers) >= 1) == ("False", True), uvicorn_alone


def test_processes_that_come_and_go_meanwhile_cost_only_themselves(
    proc: Proc, uvicorn_alone: Started
) -> None:
    with mayflies():
        for _ in range(20):
            servers = find_servers(proc)
            assert isinstance(servers, tuple)
            assert uvicorn_alone.pid in [server.main_pid for server in servers]


@contextmanager
def mayflies() -> Iterator[None]:
    """Let Python processes start and end all the time."""
    stop = threading.Event()

    def breed() -> None:
        while not stop.is_set():
            subprocess.run([sys.executable, "-S", "-c", ""], check=False)

    breeder = threading.Thread(target=breed)
    breeder.start()
    yield
    stop.set()
    breeder.join()


def test_a_zombie_serves_nothing_and_is_the_child_of_its_parent(proc: Proc) -> None:
    with subprocess.Popen([sys.executable, "-m", "uvicorn", "--version"], stdout=subprocess.DEVNULL) as dead:
        wait_until(lambda: is_zombie(proc, dead.pid), what="it has ended", within_s=10)
        children = proc.children(os.getpid())
        assert isinstance(children, tuple)
        assert dead.pid in children
        assert proc.cmdline(dead.pid) == ()
        assert isinstance(server_of(proc, dead.pid), Unreadable)


def is_zombie(proc: Proc, pid: int) -> bool:
    stat = proc.stat(pid)
    return isinstance(stat, ProcessStat) and stat.is_zombie


def test_a_stopped_process_can_be_read(proc: Proc) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stopped:
        os.kill(stopped.pid, signal.SIGSTOP)
        server = server_of(proc, stopped.pid)
        stopped.kill()

    assert isinstance(server, Server)


def test_only_the_name_of_other_programs_is_read_so_that_a_stuck_one_does_not_hang_the_scan(
    tmp_path: Path,
) -> None:
    plant(tmp_path, 10, comm="backup\n")
    os.mkfifo(
        tmp_path / "10" / "cmdline"
    )  # whoever opens it hangs, as with a process stuck in its memory map
    grow(tmp_path, 11, 1, "S", PYTHON, "-m", "uvicorn", "main:app", "--workers", "1")

    servers = find_servers(Proc(tmp_path))
    assert isinstance(servers, tuple)
    assert [server.main_pid for server in servers] == [11]
    assert find_queue_workers(Proc(tmp_path)) == ()


@pytest.mark.parametrize("name", ["none", "empty"])
def test_a_platform_without_proc_needs_linux(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    proc = Proc(tmp_path / name)

    assert proc.cwd(1) == proc.stat(1) == NEEDS_LINUX
    assert proc.children(1) == proc.fd_links(1) == proc.system("meminfo") == NEEDS_LINUX


def test_children_need_a_kernel_that_lists_them(tmp_path: Path) -> None:
    plant(tmp_path, 10, comm="python\n")
    (tmp_path / "10" / "task" / "10").mkdir(parents=True)

    answer = Proc(tmp_path).children(10)
    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.ABSENT
