"""Since when a control group's processes have been there: planted groups, and this process as it is."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.host.group_age import MAX_MEMBERS, oldest_member_started_at
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.test_cgroup import tree

BOOTED_AT = 1_000_000


def group(tmp_path: Path, members: Mapping[str, str], started_s: Mapping[int, int]) -> tuple[Proc, Path]:
    """Plant a group with the members of each subgroup, and when processes started, in seconds from boot."""
    files = {f"shop/{name}/cgroup.procs": text for name, text in members.items()}
    proc, root = tree(tmp_path, "0::/shop\n", files)
    (tmp_path / "proc" / "stat").write_text(f"btime {BOOTED_AT}\n")
    for pid, started in started_s.items():
        (tmp_path / "proc" / str(pid)).mkdir(exist_ok=True)
        text = f"{pid} (python3) S 1 {'0 ' * 15}1 0 {started * os.sysconf('SC_CLK_TCK')} 0 25 0"
        (tmp_path / "proc" / str(pid) / "stat").write_text(text)
    return proc, root / "shop"


def test_the_oldest_may_be_in_a_group_below_and_some_may_have_ended(tmp_path: Path) -> None:
    proc, path = group(tmp_path, {".": "40\n", "web": "41\n42\n"}, {40: 700, 41: 600})

    assert oldest_member_started_at(proc, path) == BOOTED_AT + 600


@pytest.mark.parametrize(
    "pids",
    [[], [40, 0], range(10, 11 + MAX_MEMBERS)],
    ids=["empty", "one of another namespace", "a crowd"],
)
def test_a_group_that_does_not_show_all_its_processes_has_no_age(tmp_path: Path, pids: list[int]) -> None:
    proc, path = group(tmp_path, {".": "\n".join(map(str, pids))}, {40: 700})
    found = oldest_member_started_at(proc, path)

    assert isinstance(found, Unreadable)
    assert found.reason is Reason.ABSENT


def test_a_group_that_is_gone_is_absent(tmp_path: Path) -> None:
    assert isinstance(oldest_member_started_at(Proc(tmp_path), tmp_path / "none"), Unreadable)
