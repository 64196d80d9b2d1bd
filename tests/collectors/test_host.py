"""The machine and the service's control group: planted trees, and this machine as it is."""

import os
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from fastdiag.collectors import host
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.watching import parts, value, why_missing
from tests.metrics.catalogue import shipped

WORKER = 40
DEADLINE_S = 1.0
CPU_STAT = "nr_periods {}\nnr_throttled {}\nthrottled_usec {}\n"
MEMORY = {
    "memory.current": "900\n",
    "memory.max": "1000\n",
    "memory.stat": "inactive_file 50\n",
    "memory.events": "oom 0\noom_kill 2\n",
}
MACHINE = {
    "stat": "cpu  100 0 0 100 0 0 0 0\n",
    "meminfo": "MemTotal: 4000 kB\nMemFree: 1 kB\nMemAvailable: 1000 kB\n",
    "vmstat": "pswpin 10\npswpout 20\n",
}


def plant(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def ask(proc: Path, cgroup: Path, *, pid: int = WORKER, deadline_s: float = DEADLINE_S) -> Gathered:
    local = Local(kind="uvicorn", app=None, master=None, workers=(pid,), ports=())
    collect = partial(host.collect, proc=Proc(proc), cgroup_root=cgroup)
    (found,) = gather(Target(local=local, deadline_s=deadline_s), shipped(), {"host": collect})
    return found


def change_between(monkeypatch: pytest.MonkeyPatch, root: Path, files: Mapping[str, str]) -> None:
    """Change files between the two samples."""
    sleep = time.sleep

    def sleep_and_change(seconds: float) -> None:
        sleep(seconds)
        plant(root, files)

    monkeypatch.setattr(host.time, "sleep", sleep_and_change)


def test_throttling_kills_and_machine_are_counted_between_two_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = {"cpu.max": "150000 100000\n", "cpu.stat": CPU_STAT.format(10, 5, 1_000_000), **MEMORY}
    plant(tmp_path / "proc", {**MACHINE, f"{WORKER}/cgroup": "0::/shop\n"})
    plant(tmp_path / "cgroup", {"cgroup.controllers": "cpu memory"})
    plant(tmp_path / "cgroup/shop", {**group, "memory.pressure": "some avg10=25.00 avg60=0 total=0\n"})
    change_between(
        monkeypatch,
        tmp_path,
        {
            "cgroup/shop/cpu.stat": CPU_STAT.format(20, 13, 1_200_000),
            "cgroup/shop/memory.events": "oom 0\noom_kill 3\n",
            "proc/stat": "cpu  150 0 0 120 20 0 0 10\n",
            "proc/vmstat": "pswpin 10\npswpout 60\n",
        },
    )
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    assert value(found, "host.throttled.ratio") == 0.8
    assert parts(found, "host.throttled.ratio", "quota") == {"1.5 cores": 0.8}
    assert 0 < value(found, "host.throttled.time") <= 0.2 / (DEADLINE_S * 0.4)
    assert (value(found, "host.oom_kills"), value(found, "host.oom_kills.total")) == (1, 3)
    assert (value(found, "host.cpu"), value(found, "host.iowait"), value(found, "host.steal")) == (
        0.5,
        0.2,
        0.1,
    )
    assert 0 < value(found, "host.swap.rate") <= 40 / (DEADLINE_S * 0.4)
    assert value(found, "host.memory") == 0.75
    assert value(found, "process.rss.limit") == 1000
    assert value(found, "process.memory.utilization") == 0.85
    assert value(found, "host.pressure.memory") == 0.25
    assert parts(found, "host.pressure.memory", "of") == {"the service's control group": 0.25}
    assert why_missing(found, "host.pressure.cpu") == (Reason.ABSENT, "this kernel tells no pressure (PSI)")
    assert found.state.status is SourceStatus.OK


@pytest.mark.parametrize(
    ("age_s", "kills", "bias"),
    [
        (33.0, 5.0, None),
        (4000.0, 1.0, "at least: when the 4 before were, since the control group was made, is not told"),
    ],
    ids=["a young group", "an old group"],
)
def test_kills_before_the_first_sample_are_dated_by_the_oldest_process_of_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: float, kills: float, bias: str | None
) -> None:
    booted_at = int(time.time() - age_s)
    plant(tmp_path / "proc", {**MACHINE, "stat": f"{MACHINE['stat']}btime {booted_at}\n"})
    started = f"{WORKER} (python3) S 1 {'0 ' * 15}1 0 0 0 25 0"
    plant(tmp_path / f"proc/{WORKER}", {"cgroup": "0::/shop\n", "stat": started})
    plant(tmp_path / "cgroup", {"cgroup.controllers": "memory"})
    killed = {"memory.events": "oom 0\noom_kill 4\n", "cgroup.procs": f"{WORKER}\n"}
    plant(tmp_path / "cgroup/shop", {**MEMORY, **killed})
    change_between(monkeypatch, tmp_path, {"cgroup/shop/memory.events": "oom 0\noom_kill 5\n"})
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    assert value(found, "host.oom_kills") == kills
    assert found.readings["host.oom_kills"].bias == bias
    assert value(found, "host.oom_kills.total") == 5


@pytest.mark.parametrize(
    ("others", "since_start"),
    [({}, 5.0), ({WORKER - 1: 0}, None), ({WORKER - 1: 95}, 5.0)],
    ids=["alone", "beside a shell that was there long before", "started by an entry point"],
)
def test_kills_are_the_services_own_where_its_group_holds_nothing_older(
    tmp_path: Path, others: dict[int, int], since_start: float | None
) -> None:
    plant(tmp_path / "proc", {**MACHINE, "stat": f"{MACHINE['stat']}btime {int(time.time()) - 4000}\n"})
    for pid, started_s in {WORKER: 100, **others}.items():
        ticks = started_s * os.sysconf("SC_CLK_TCK")
        stat = f"{pid} (python3) S 1 {'0 ' * 15}1 0 {ticks} 0 25 0"
        plant(tmp_path / f"proc/{pid}", {"cgroup": "0::/shop\n", "stat": stat})
    plant(tmp_path / "cgroup", {"cgroup.controllers": "memory"})
    members = "".join(f"{pid}\n" for pid in (WORKER, *others))
    killed = {"memory.events": "oom 0\noom_kill 5\n", "cgroup.procs": members}
    plant(tmp_path / "cgroup/shop", {**MEMORY, **killed})
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    reading = found.readings.get("host.oom_kills.since_start")
    assert (reading.value if reading else None) == since_start


def test_without_a_quota_nothing_is_throttled_and_the_machine_is_the_limit(tmp_path: Path) -> None:
    plant(tmp_path / "proc", {**MACHINE, f"{WORKER}/cgroup": "2:memory:/\n1:cpu:/\n"})
    plant(
        tmp_path / "cgroup",
        {"cpu/release_agent": "", "cpu/cpu.cfs_quota_us": "-1\n", "memory/release_agent": ""},
    )
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    assert value(found, "host.throttled.ratio") == value(found, "host.throttled.time") == 0
    assert found.readings["host.throttled.ratio"].is_trusted
    assert value(found, "process.rss.limit") == 4000 * 1024
    assert parts(found, "process.rss.limit", "of") == {"the machine": 4000 * 1024}
    assert why_missing(found, "process.memory.utilization")[0] is Reason.ABSENT
    assert why_missing(found, "host.oom_kills")[0] is Reason.ABSENT
    assert why_missing(found, "host.cpu") == (
        Reason.ABSENT,
        "the machine's clock of CPU time stands still",
    )


def test_inside_a_container_no_visible_quota_is_no_proof(tmp_path: Path) -> None:
    plant(tmp_path / "proc", {**MACHINE, f"{WORKER}/cgroup": "0::/\n"})
    plant(
        tmp_path / "cgroup", {"cgroup.controllers": "cpu", "cgroup.type": "domain", "cpu.max": "max 100000\n"}
    )
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    assert value(found, "host.throttled.ratio") == 0
    assert found.readings["host.throttled.ratio"].bias == host.HIDDEN_QUOTA


def test_a_process_that_is_gone_leaves_the_machines_own_figures(tmp_path: Path) -> None:
    plant(tmp_path / "proc", MACHINE)
    found = ask(tmp_path / "proc", tmp_path / "cgroup")

    assert value(found, "host.memory") == 0.75
    for name in ("host.throttled.ratio", "process.memory.utilization", "host.oom_kills"):
        assert why_missing(found, name)[0] is Reason.ABSENT


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
def test_this_machine_tells_about_this_process() -> None:
    found = ask(Path("/proc"), host.CGROUP_ROOT, pid=os.getpid())

    assert 0 <= value(found, "host.cpu") <= 1
    assert 0 < value(found, "host.memory") < 1
    assert value(found, "host.swap.rate") >= 0
    assert value(found, "process.rss.limit") > 1 << 20
    assert "host.throttled.ratio" in {*found.readings, *found.missing}
    assert found.state.error is None


def test_a_platform_without_proc_gives_cpu_and_memory(tmp_path: Path) -> None:
    found = ask(tmp_path / "none", tmp_path)

    assert set(found.readings) == {"host.cpu", "host.memory"}
    assert why_missing(found, "host.throttled.ratio") == (Reason.ABSENT, "needs Linux")
    assert found.state.status is SourceStatus.OK


def test_no_service_on_this_machine_is_a_skip() -> None:
    (found,) = gather(Target(deadline_s=5), shipped(), {"host": host.collect})

    assert found.state.status is SourceStatus.SKIPPED
    assert "need not be its machine" in str(found.state.error)


def test_no_time_for_two_samples_is_said(tmp_path: Path) -> None:
    plant(tmp_path / "proc", MACHINE)
    found = ask(tmp_path / "proc", tmp_path / "cgroup", deadline_s=0.3)

    assert found.state.status is SourceStatus.FAILED
    assert found.missing["host.cpu"].reason is Reason.TIMED_OUT
