"""Limits, use and OOM kills of control groups: planted trees of both versions, and a real kill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.host.cgroup import CpuThrottling, cpu_quota_cores, cpu_throttling
from fastdiag.host.control_groups import CGROUP_ROOT, groups_of
from fastdiag.host.memory_group import GroupMemory, group_memory
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.test_cgroup import PID, tree
from tests.stack.waiting import wait_until

MIB = 1 << 20
SPIN = "import time\nends = time.monotonic() + {}\nwhile time.monotonic() < ends: pass"


def version_2(name: str, *, used: int, limit: str, inactive: int = 0, kills: int = 0) -> dict[str, str]:
    return {
        f"{name}/memory.current": f"{used}\n",
        f"{name}/memory.max": f"{limit}\n",
        f"{name}/memory.stat": f"anon 1\nfile 2\ninactive_file {inactive}\n",
        f"{name}/memory.events": f"low 0\nhigh 0\nmax 3\noom 1\noom_kill {kills}\n",
    }


def version_1(name: str, *, used: int, limit: int, inactive: int = 0) -> dict[str, str]:
    return {
        f"memory/{name}/memory.usage_in_bytes": f"{used}\n",
        f"memory/{name}/memory.limit_in_bytes": f"{limit}\n",
        f"memory/{name}/memory.stat": f"cache 1\ninactive_file 7\ntotal_inactive_file {inactive}\n",
        f"memory/{name}/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    }


def test_version_2_reports_the_level_that_is_nearest_to_its_limit(tmp_path: Path) -> None:
    files = {
        "cgroup.controllers": "memory",
        **version_2("pod", used=900, limit="1000", inactive=100, kills=4),
        **version_2("pod/web", used=500, limit="max"),
    }
    proc, root = tree(tmp_path, "0::/pod/web\n", files)

    found = group_memory(proc, PID, root)

    assert found == GroupMemory(limit_bytes=1000, working_set_bytes=800, oom_kills=4)
    assert found.utilization == 0.8


def test_version_1_counts_its_own_largest_number_as_no_limit(tmp_path: Path) -> None:
    unlimited = 9223372036854771712
    proc, root = tree(tmp_path, "4:memory:/pod\n", version_1("pod", used=500, limit=unlimited, inactive=100))

    assert group_memory(proc, PID, root) == GroupMemory(limit_bytes=None, working_set_bytes=400, oom_kills=2)


def test_a_hybrid_machine_keeps_the_figures_in_version_1(tmp_path: Path) -> None:
    files = {
        "unified/cgroup.controllers": "",
        "unified/pod/cgroup.procs": "",
        **version_1("pod", used=5, limit=9),
    }
    proc, root = tree(tmp_path, "4:memory:/pod\n0::/pod\n", files)

    assert group_memory(proc, PID, root) == GroupMemory(limit_bytes=9, working_set_bytes=5, oom_kills=2)


def test_in_a_container_the_mount_is_the_groups_own_whatever_its_path(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "memory", "cgroup.type": "domain"}
    files |= {name.lstrip("/"): text for name, text in version_2("", used=6, limit="8").items()}
    proc, root = tree(tmp_path, "0::/docker/0f3a\n", files)

    assert group_memory(proc, PID, root) == GroupMemory(limit_bytes=8, working_set_bytes=6, oom_kills=0)


def test_a_neighbours_container_is_read_through_its_own_mount_and_not_through_ours(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "memory", "cgroup.type": "domain"}
    files |= {name.lstrip("/"): text for name, text in version_2("", used=6, limit="8").items()}
    proc, root = tree(tmp_path, "0::/../neighbour\n", files)
    theirs = proc.root / str(PID) / "root" / "sys/fs/cgroup"
    theirs.mkdir(parents=True)
    for name, text in {**files, "memory.current": "3\n", "memory.max": "4\n"}.items():
        (theirs / name).write_text(text)

    assert group_memory(proc, PID, root) == GroupMemory(limit_bytes=4, working_set_bytes=3, oom_kills=0)


def test_the_root_of_the_hierarchy_is_the_machine_and_no_group(tmp_path: Path) -> None:
    proc, root = tree(
        tmp_path, "0::/\n", {"cgroup.controllers": "memory", "memory.stat": "inactive_file 1\n"}
    )

    answer = group_memory(proc, PID, root)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.ABSENT


def test_damaged_files_are_failed_and_not_zero(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "memory", **version_2("pod", used=5, limit="lots")}
    proc, root = tree(tmp_path, "0::/pod\n", files)

    answer = group_memory(proc, PID, root)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.FAILED


def test_throttling_is_that_of_the_group_whose_quota_is_tightest(tmp_path: Path) -> None:
    stat = "nr_periods {}\nnr_throttled {}\nthrottled_usec 1000000\n"
    files = {
        "cgroup.controllers": "cpu",
        "pod/cpu.max": "50000 100000",
        "pod/cpu.stat": stat.format(100, 90),
        "pod/web/cpu.max": "max 100000",
        "pod/web/cpu.stat": stat.format(0, 0),
    }
    proc, root = tree(tmp_path, "0::/pod/web\n", files)

    assert cpu_throttling(proc, PID, root) == CpuThrottling(
        periods=100, throttled_periods=90, throttled_s=1.0
    )


@contextmanager
def real_group(controller: str) -> Iterator[Path]:
    """Make a control group of version 1 below our own, or skip."""
    proc = Proc()
    groups = groups_of(proc, os.getpid(), controller)
    ours = [] if isinstance(groups, Unreadable) else [group for group in groups if group.version == 1]
    path = ours[0].own / f"fastdiag-test-{os.getpid()}" if ours else CGROUP_ROOT / "none"
    try:
        path.mkdir()
    except OSError as error:
        pytest.skip(f"no control group of version 1 can be made here: {error.strerror}")
    try:
        yield path
    finally:
        path.rmdir()


def inside(group: Path, program: str) -> subprocess.Popen[bytes]:
    """Start a program that joins a control group before it does anything."""
    join = f"import os\nopen({str(group / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    return subprocess.Popen(
        [sys.executable, "-c", f"{join}print(flush=True)\n{program}"], stdout=subprocess.PIPE
    )


def test_a_real_quota_is_found_and_its_throttling_counted() -> None:
    with real_group("cpu") as group:
        (group / "cpu.cfs_quota_us").write_text("20000")
        with inside(group, SPIN.format(5)) as spinner:
            assert spinner.stdout is not None
            spinner.stdout.readline()
            quota = cpu_quota_cores(Proc(), spinner.pid)
            wait_until(lambda: throttled(spinner.pid) >= 3, what="it is throttled", within_s=4)
            spinner.kill()

    assert quota == 0.2


def throttled(pid: int) -> int:
    found = cpu_throttling(Proc(), pid)
    assert isinstance(found, CpuThrottling)
    return found.throttled_periods


def test_a_real_kill_for_lack_of_memory_is_counted() -> None:
    with real_group("memory") as group:
        (group / "memory.limit_in_bytes").write_text(str(24 * MIB))
        with inside(group, "import time\ntime.sleep(30)") as waiting:
            assert waiting.stdout is not None
            waiting.stdout.readline()
            before = group_memory(Proc(), waiting.pid)
            with inside(group, f"block = b'x' * {200 * MIB}") as greedy:
                greedy.wait(timeout=20)
            after = group_memory(Proc(), waiting.pid)
            waiting.kill()

    assert greedy.returncode < 0
    assert isinstance(before, GroupMemory)
    assert isinstance(after, GroupMemory)
    assert before.limit_bytes == 24 * MIB
    assert 0 < before.utilization < 1
    assert (before.oom_kills, after.oom_kills) == (0, 1)
