"""A textfile is replaced as a whole, and what reads it never meets half of it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fastdiag.channels import textfile
from fastdiag.channels.failure import DeliveryError
from tests.stack.waiting import wait_until


def test_who_reads_it_all_the_time_sees_the_old_or_the_new(tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.prom"
    versions = [f"fastdiag_test {number}\n" * 5000 for number in range(2)]
    textfile.write(file, versions[0])
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(file.read_text(encoding="utf-8"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        textfile.write(file, versions[number % 2])
    done.set()
    reader.join()
    assert seen <= set(versions)
    assert list(tmp_path.iterdir()) == [file]


def test_who_is_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.prom"
    script = (
        "import sys; from pathlib import Path; from fastdiag.channels import textfile\n"
        "while True: textfile.write(Path(sys.argv[1]), 'fastdiag_test 1\\n' * 20000)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(file)]) as writer:
        wait_until(file.exists, what="the first file", within_s=20)
        writer.send_signal(signal.SIGKILL)
    assert file.read_text(encoding="utf-8") == "fastdiag_test 1\n" * 20000


def test_another_user_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.prom"
    before = os.umask(0o077)
    try:
        textfile.write(file, "x 1\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "fastdiag.prom"
    file.symlink_to(tmp_path / "real" / "fastdiag.prom")
    textfile.write(file, "x 1\n")
    assert file.is_symlink()
    assert (tmp_path / "real" / "fastdiag.prom").read_text(encoding="utf-8") == "x 1\n"


@pytest.mark.parametrize("act", [lambda path: textfile.write(path, ""), textfile.check])
def test_a_folder_that_is_not_there(act: object, tmp_path: Path) -> None:
    assert callable(act)
    with pytest.raises(DeliveryError, match="cannot be written: No such file or directory"):
        act(tmp_path / "nowhere" / "fastdiag.prom")


def test_trying_it_out_touches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.prom"
    textfile.check(file)
    assert not list(tmp_path.iterdir())
    file.mkdir()
    with pytest.raises(DeliveryError, match="is a folder"):
        textfile.check(file)


def test_what_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "fastdiag.prom").mkdir()
    with pytest.raises(DeliveryError, match="cannot be written"):
        textfile.write(tmp_path / "fastdiag.prom", "x 1\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "fastdiag.prom"]
