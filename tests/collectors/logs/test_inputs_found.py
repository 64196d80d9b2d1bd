"""Logs that nobody named: where the output of real processes leads, and what of that can be read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.config import Settings
from fastdiag.discovery.logs import MAX_LOGS, Logs, find_logs
from fastdiag.discovery.search import Search
from fastdiag.host.outputs import OutputUnit, Sinkhole, outputs_of
from fastdiag.host.proc import Proc
from fastdiag.model.log_place import LogFile, LogStdin, LogUnit
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.target import Local
from tests.stack.waiting import wait_until

NOBODY = 65534


@contextmanager
def shell(line: str, folder: Path, *, under: tuple[str, ...] = (), **how: object) -> Iterator[int]:
    """Run a line of sh that ends in `exec sleep`, and give the pid of that."""
    with subprocess.Popen([*under, "sh", "-c", line], cwd=folder, **how) as process:  # type: ignore[call-overload]
        try:
            comm = Path(f"/proc/{process.pid}/comm")
            wait_until(
                lambda: process.poll() is not None or comm.read_text() == "sleep\n",
                what="it sleeps",
                within_s=10,
            )
            assert process.poll() is None
            yield process.pid
        finally:
            process.kill()


def local(*workers: int, master: int | None = None) -> Local:
    return Local(kind="uvicorn", app=None, master=master, workers=workers, ports=())


def find(service: Local | None, *queue_workers: Local, proc: Proc | None = None, **settings: object) -> Logs:
    search = Search(settings=Settings(**settings), proc=proc or Proc(), origin={})  # type: ignore[arg-type]
    return find_logs(search, service, queue_workers)


def test_output_that_goes_to_files(tmp_path: Path) -> None:
    with shell("exec sleep 60 > out.txt 2> err.txt", tmp_path) as pid:
        found = find(local(pid))
    err, out = tmp_path / "err.txt", tmp_path / "out.txt"
    assert found.places == (
        LogFile(path=err, name=str(err), is_live=True),
        LogFile(path=out, name=str(out), is_live=True),
    )


def test_one_file_for_both_and_for_all_processes_is_one_log(tmp_path: Path) -> None:
    line = "exec sleep 60 >> app.log 2>&1"
    with shell(line, tmp_path) as master, shell(line, tmp_path) as worker:
        found = find(local(worker, master=master))
    assert [place.spec for place in found.places] == [str(tmp_path / "app.log")]


def test_a_file_of_two_names_is_one_log(tmp_path: Path) -> None:
    with shell("touch app.log; ln app.log same.log; exec sleep 60 > app.log 2>> same.log", tmp_path) as pid:
        assert len(find(local(pid)).places) == 1


def test_logs_that_it_writes_itself_but_not_what_it_reads(tmp_path: Path) -> None:
    (tmp_path / "other.log").touch()
    line = "exec 7>>access.log 8<other.log 9>notes.txt; exec sleep 60 >/dev/null 2>&1"
    with shell(line, tmp_path) as pid:
        found = find(local(pid))
    assert [place.spec for place in found.places] == [str(tmp_path / "access.log")]


def test_not_more_than_a_few(tmp_path: Path) -> None:
    line = "exec 3>3.log 4>4.log 5>5.log 6>6.log 7>7.log; exec sleep 60 >/dev/null 2>&1"
    with shell(line, tmp_path) as pid:
        assert len(find(local(pid)).places) == MAX_LOGS


def test_the_logs_of_queue_workers_come_after_those_of_the_service(tmp_path: Path) -> None:
    with (
        shell("exec sleep 60 > celery.log 2>&1", tmp_path) as celery,
        shell("exec sleep 60 > app.log 2>&1", tmp_path) as app,
    ):
        found = find(local(app), local(celery))
    assert [Path(place.spec or "").name for place in found.places] == ["app.log", "celery.log"]


def test_a_log_that_was_deleted_is_still_read(tmp_path: Path) -> None:
    with shell("exec sleep 60 > app.log 2>&1", tmp_path) as pid:
        (tmp_path / "app.log").unlink()
        (place,) = find(local(pid)).places
        assert isinstance(place, LogFile)
        assert (place.name, place.spec) == (f"{tmp_path}/app.log (deleted)", None)
        assert place.path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="takes a mount namespace")
def test_a_log_in_a_container_is_reached_through_the_root_of_its_process(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    line = f"mount -t tmpfs none {inside} && exec sleep 60 > {inside}/app.log 2>&1"
    with shell(line, tmp_path, under=("unshare", "-m")) as pid:
        (place,) = find(local(pid)).places
        assert isinstance(place, LogFile)
        assert (place.name, place.spec) == (f"{inside}/app.log", None)
        assert place.path == Path(f"/proc/{pid}/root{inside}/app.log")
        assert place.path.exists()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("exec sleep 60 >/dev/null 2>&1", Sinkhole.NULL),
        ("exec sleep 60 2>&1 >&2", Sinkhole.PIPE),
        ("exec sleep 60 >/dev/full 2>&1", Sinkhole.OTHER),
    ],
)
def test_output_that_nobody_can_read_back(line: str, kind: Sinkhole, tmp_path: Path) -> None:
    with shell(line, tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as pid:
        assert outputs_of(Proc(), pid) == (kind,)
        assert find(local(pid)) == Logs(
            lost=Missing(Reason.NOT_CONFIGURED, f"the output of pid {pid} goes to {kind}")
        )


def test_output_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with shell("exec sleep 60", tmp_path, stdout=theirs, stderr=theirs) as pid:
        assert outputs_of(Proc(), pid) == (Sinkhole.TERMINAL,)
    os.close(ours)
    os.close(theirs)


def test_nothing_is_looked_for_beside_what_was_named_or_skipped(tmp_path: Path) -> None:
    with shell("exec sleep 60 > app.log 2>&1", tmp_path) as pid:
        assert find(local(pid), logs=(LogStdin(),)).places == (LogStdin(),)
        assert find(local(pid), sources=("probe",)) == Logs()
    assert find(None) == Logs()


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user")
def test_the_service_of_another_user(tmp_path: Path) -> None:
    with shell("exec sleep 60 > app.log 2>&1", tmp_path) as pid:
        os.seteuid(NOBODY)
        try:
            found = find(local(pid))
        finally:
            os.seteuid(0)
    assert found == Logs(lost=Missing(Reason.DENIED, f"where pid {pid} logs may not be looked up"))


# --- the journal, whose sockets cannot be had without systemd --------------------------------------


def planted(root: Path, *, cgroup: str, environ: str = "JOURNAL_STREAM=8:4711", unix: str = "") -> Proc:
    """Return a process table with one process whose output goes to socket 4711."""
    for name in ("self", "41/fd", "41/fdinfo", "41/net"):
        (root / name).mkdir(parents=True)
    (root / "41/cgroup").write_text(cgroup)
    (root / "41/environ").write_text(f"HOME=/\0{environ}\0")
    (root / "41/net/unix").write_text(f"Num RefCount Protocol Flags Type St Inode Path\n{unix}")
    for fd in (1, 2):
        (root / f"41/fd/{fd}").symlink_to("socket:[4711]")
    return Proc(root)


@pytest.mark.parametrize(
    ("cgroup", "output"),
    [
        ("0::/system.slice/shop.service\n", OutputUnit(unit="shop.service", is_user=False)),
        (
            "0::/system.slice/system-shop.slice/shop@2.service/app\n",
            OutputUnit(unit="shop@2.service", is_user=False),
        ),
        ("1:name=systemd:/system.slice/shop.service\n", OutputUnit(unit="shop.service", is_user=False)),
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service\n",
            OutputUnit(unit="shop.service", is_user=True),
        ),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte.scope\n", Sinkhole.SOCKET),
        ("0::/system.slice/docker-0123.scope\n", Sinkhole.SOCKET),
        ("0::/system.slice/--output=x.service\n", Sinkhole.SOCKET),
    ],
)
def test_the_unit_by_the_control_group(cgroup: str, output: OutputUnit | Sinkhole, tmp_path: Path) -> None:
    assert outputs_of(planted(tmp_path, cgroup=cgroup), 41) == (output,)


def test_a_socket_that_is_not_the_one_to_the_journal(tmp_path: Path) -> None:
    proc = planted(tmp_path, cgroup="0::/system.slice/shop.service\n", environ="JOURNAL_STREAM=8:4712")
    assert outputs_of(proc, 41) == (Sinkhole.SOCKET,)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("0000: 00000003 00000000 00000000 0001 03 4711\n", (LogUnit(unit="shop.service"),)),
        ("0000: 00000003 00000000 00000000 0001 03 4712\n", ()),
    ],
)
def test_a_process_that_has_overwritten_its_environment(
    row: str, found: tuple[LogUnit, ...], tmp_path: Path
) -> None:
    proc = planted(tmp_path, cgroup="0::/system.slice/shop.service\n", environ="", unix=row)
    assert find(local(41), proc=proc).places == found
