"""CPU quotas in planted control-group trees, and the cores of this machine."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.host.cgroup import CpuThrottling, cpu_quota_cores, cpu_throttling, usable_cores
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

PID = 40


def tree(tmp_path: Path, membership: str, files: Mapping[str, str]) -> tuple[Proc, Path]:
    """Plant /proc/40/cgroup, and files below /sys/fs/cgroup."""
    (tmp_path / "proc" / str(PID)).mkdir(parents=True)
    (tmp_path / "proc" / str(PID) / "cgroup").write_text(membership)
    root = tmp_path / "cgroup"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Proc(tmp_path / "proc"), root


def test_version_2_takes_the_tightest_quota_on_the_way_up(tmp_path: Path) -> None:
    files = {
        "cgroup.controllers": "cpu memory",
        "shop/cpu.max": "150000 100000\n",
        "shop/web/cpu.max": "max 100000\n",
        "shop/web/api/cpu.max": "400000 100000\n",
    }
    proc, root = tree(tmp_path, "0::/shop/web/api\n", files)

    assert cpu_quota_cores(proc, PID, root) == 1.5


def test_version_1_reads_quota_and_period_of_the_cpu_hierarchy(tmp_path: Path) -> None:
    files = {
        "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "cpu,cpuacct/pod/cpu.cfs_quota_us": "20000\n",
        "cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
    }
    proc, root = tree(tmp_path, "5:memory:/pod\n4:cpu,cpuacct:/pod\n", files)

    assert cpu_quota_cores(proc, PID, root) == 0.2


def test_a_container_that_sees_only_its_own_group_still_finds_its_quota(tmp_path: Path) -> None:
    files = {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}
    proc, root = tree(tmp_path, "4:cpu:/docker/0f3a\n", files)

    assert cpu_quota_cores(proc, PID, root) == 0.5


def test_unlimited_is_none_and_not_unknown(tmp_path: Path) -> None:
    proc, root = tree(tmp_path, "0::/\n", {"cgroup.controllers": "cpu", "cpu.max": "max 100000\n"})

    assert cpu_quota_cores(proc, PID, root) is None


def test_an_unmounted_hierarchy_is_absent_and_not_unlimited(tmp_path: Path) -> None:
    proc, root = tree(tmp_path, "0::/\n", {})

    answer = cpu_quota_cores(proc, PID, root)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.ABSENT


@pytest.mark.parametrize("text", ["", "0 0\n", "fast 100000\n"])
def test_a_damaged_quota_is_failed(tmp_path: Path, text: str) -> None:
    proc, root = tree(tmp_path, "0::/\n", {"cgroup.controllers": "cpu", "cpu.max": text})

    answer = cpu_quota_cores(proc, PID, root)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.FAILED


@pytest.mark.parametrize(
    ("membership", "mount", "total"),
    [("0::/shop\n", "", "throttled_usec 2500000"), ("4:cpu:/shop\n", "cpu/", "throttled_time 2500000000")],
)
def test_throttling_is_read_in_both_versions(tmp_path: Path, membership: str, mount: str, total: str) -> None:
    files = {
        f"{mount}shop/cpu.stat": f"nr_periods 80\nnr_throttled 20\n{total}\n",
        "cgroup.controllers": "cpu",
    }
    proc, root = tree(tmp_path, membership, files)

    assert cpu_throttling(proc, PID, root) == CpuThrottling(periods=80, throttled_periods=20, throttled_s=2.5)


def test_this_process_may_use_the_cores_of_its_affinity(proc: Proc) -> None:
    assert usable_cores() == len(os.sched_getaffinity(0))
    assert not isinstance(cpu_quota_cores(proc, os.getpid()), Unreadable)
