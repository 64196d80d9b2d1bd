"""Figures of the whole machine: this one's, and planted files for what it does not do."""

from pathlib import Path

import pytest

from fastdiag.host.machine import (
    CpuTimes,
    Memory,
    Pressure,
    Resource,
    cpu_times,
    memory,
    pressure,
    swapped_pages,
)
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable
from tests.host.test_cgroup import PID, tree

SOME = "some avg10=12.50 avg60=3.00 avg300=1.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def test_this_machine_tells_its_figures(proc: Proc) -> None:
    times, found = cpu_times(proc), memory(proc)

    assert isinstance(times, CpuTimes)
    assert times.ticks["idle"] > 0
    assert isinstance(found, Memory)
    assert 0 < found.available_bytes < found.total_bytes
    assert isinstance(swapped_pages(proc), int)


def test_shares_are_of_the_time_between_two_readings(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  100 0 50 800 40 0 0 10 99 0\ncpu0 1\n")
    before = cpu_times(Proc(tmp_path))
    (tmp_path / "stat").write_text("cpu  120 0 50 840 60 0 0 30 99 0\ncpu0 1\n")
    after = cpu_times(Proc(tmp_path))

    assert isinstance(before, CpuTimes)
    assert isinstance(after, CpuTimes)
    shares = after.shares_since(before)
    assert shares is not None
    assert {kind: share for kind, share in shares.items() if share} == {
        "user": 0.2,
        "idle": 0.4,
        "iowait": 0.2,
        "steal": 0.2,
    }
    assert after.shares_since(after) is None


def test_pressure_is_the_groups_own_where_it_has_one(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "cpu", "shop/cpu.pressure": SOME}
    proc, root = tree(tmp_path, "0::/shop\n", files)
    (proc.root / "pressure").mkdir()
    (proc.root / "pressure" / "io").write_text(SOME.replace("12.50", "2.00"))

    assert pressure(proc, PID, Resource.CPU, root) == Pressure(share=0.125, is_of_group=True)
    assert pressure(proc, PID, Resource.IO, root) == Pressure(share=0.02, is_of_group=False)


def test_a_kernel_without_pressure_says_so(tmp_path: Path) -> None:
    proc, root = tree(tmp_path, "4:cpu:/shop\n", {})

    assert pressure(proc, PID, Resource.MEMORY, root) == Unreadable(
        reason=Reason.ABSENT, detail="this kernel tells no pressure (PSI)"
    )


@pytest.mark.parametrize("text", ["", "cpu\n", "MemTotal: many kB\n", "some avg10=fast\n"])
def test_damaged_figures_are_failed_and_not_zero(tmp_path: Path, text: str) -> None:
    proc, root = tree(tmp_path, "0::/\n", {})
    (proc.root / "pressure").mkdir()
    for name in ("stat", "meminfo", "vmstat", "pressure/cpu"):
        (proc.root / name).write_text(text)

    answers = (memory(proc), swapped_pages(proc), pressure(proc, PID, Resource.CPU, root))
    assert [answer.reason for answer in answers if isinstance(answer, Unreadable)] == [Reason.FAILED] * 3


@pytest.mark.parametrize("name", ["missing", ""])
def test_a_platform_without_proc_needs_linux(tmp_path: Path, name: str) -> None:
    proc = Proc(tmp_path / name)

    assert cpu_times(proc) == memory(proc) == swapped_pages(proc) == NEEDS_LINUX
