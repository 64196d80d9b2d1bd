"""Whatever happens while it runs, it ends at once, in words, and leaves nothing half-written behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import pytest

from fastdiag.cli.files import write
from tests.cli.command import DRAINED, environment, fastdiag, shell, written
from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK, free_port

# A shell that runs its jobs in the background makes them ignore SIGINT; ask for it again.
PROGRAM = "import signal, fastdiag.__main__ as m; signal.signal(2, signal.default_int_handler); m.main()"


@contextmanager
def waiting(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a command that waits for a Prometheus which never answers."""
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        url = f"http://{LOOPBACK}:{silent.getsockname()[1]}"
        options = ["--only", "prometheus", "--prometheus", url, "--deadline", "50s"]
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments, *options],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as command:
            silent.settimeout(30)
            connection, _ = silent.accept()
            yield command
            connection.close()


@pytest.mark.parametrize("command", ["snapshot", "sources"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_end_from_outside_leaves_what_stood_there(
    command: str, sent: signal.Signals, tmp_path: Path
) -> None:
    old = written(tmp_path, "what stood there", "report.md")
    kept = ("--save", "saved.json") if command == "snapshot" else ()
    with waiting(tmp_path, command, "-o", old.name, *kept) as process:
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) in {(130, b"interrupted\n"), (-signal.SIGTERM, b"")}
    assert (out, [path.name for path in tmp_path.iterdir()]) == (b"", ["report.md"])
    assert old.read_text() == "what stood there"


def test_a_write_that_is_interrupted_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = written(tmp_path, "what stood there")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastdiag.cli.files.os.fchmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(old, "half of it")
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_text() == "what stood there"


def test_what_a_shell_puts_in_the_place_of_a_file_is_written_to(tmp_path: Path) -> None:
    written(tmp_path, DRAINED)
    ran = shell("fastdiag diagnose snapshot.json -f json -o >(cat > told.json); wait $!", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "told.json").read_text().startswith("{")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_writes_into_a_file_and_it_stays_its_owners(tmp_path: Path) -> None:
    old = written(tmp_path, "old")
    os.chown(old, 65534, 65533)
    old.chmod(0o640)
    write(old, "new")
    is_now = old.stat()
    assert (is_now.st_uid, is_now.st_gid, stat.S_IMODE(is_now.st_mode)) == (65534, 65533, 0o640)
    assert old.read_text() == "new"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_of_somebody_else_that_one_may_write_is_written_where_it_stands(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for folder in takewhile(lambda folder: folder != Path(gettempdir()), tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o011)  # to be walked through
    theirs = written(tmp_path, "old")
    theirs.chmod(0o666)
    before = theirs.stat()
    with as_nobody():
        write(theirs, "new")
    after = theirs.stat()
    assert theirs.read_text() == "new"
    assert (after.st_ino, after.st_uid) == (before.st_ino, before.st_uid)
    assert [path.name for path in tmp_path.iterdir()] == [theirs.name]


@contextmanager
def as_nobody() -> Iterator[None]:
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    real = written(tmp_path, "old", "real.json")
    link = tmp_path / "latest.json"
    link.symlink_to(real.name)
    write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_all_sources_down_are_all_told_and_the_code_says_so(here: Here) -> None:
    nobody = f"{LOOPBACK}:{free_port()}"
    given = {
        "prometheus": ("--prometheus", f"http://{nobody}"),
        "scrape": ("--metrics-url", f"http://{nobody}/metrics"),
        "pgbouncer": ("--pgbouncer", f"postgresql://me@{nobody}/pgbouncer"),
    }
    options = [word for name, pair in given.items() for word in ("--only", name, *pair)]
    ran = here.run("snapshot", *options, "--deadline", "3s", "-f", "json")
    assert ran.code == 3
    assert {source["name"]: source["status"] for source in ran.document["sources"]} == dict.fromkeys(
        given, "failed"
    )
    assert all(source["error"] and source["hint"] for source in ran.document["sources"])


def test_a_reader_who_has_seen_enough_of_the_sources(tmp_path: Path) -> None:
    line = "fastdiag sources --only cache --cache redis://127.0.0.1:1 -v | head -1; echo ${PIPESTATUS[0]}"
    ran = shell(line, cwd=tmp_path)
    assert ran.out.splitlines()[-1] in {"0", "3"}
    assert "rror" not in ran.err


@pytest.mark.parametrize("command", ["sources", "init -o -"])
def test_a_closed_stdout_is_no_defect(command: str, tmp_path: Path) -> None:
    ran = shell(f"fastdiag {command} {'--only postgres' if command == 'sources' else ''} >&-", cwd=tmp_path)
    assert ran.code in {0, 3}
    assert "rror" not in ran.err


@pytest.mark.parametrize("fault", ["truncated", "directory", "sparse", "nothing"])
def test_a_snapshot_that_is_none_is_refused_at_once(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    match fault:
        case "truncated":
            path.write_text(DRAINED[:-30])
        case "directory":
            path.mkdir()
        case "sparse":
            with path.open("wb") as huge:
                huge.truncate(2**30)
        case _:
            path.touch()
    for command in ("diagnose", "headroom"):
        ran = fastdiag(command, path.name, cwd=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: shop.json:")
