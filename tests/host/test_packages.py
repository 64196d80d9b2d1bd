"""Installed packages of a process: this one's, another user's, and planted environments."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.host.packages import has_loaded, packages_of, version_of
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable

PID = 10
NOBODY = 65534


def test_this_process_has_the_packages_that_it_knows_itself(proc: Proc) -> None:
    found = packages_of(proc, os.getpid())

    assert isinstance(found, Mapping)
    assert found["pytest"] == importlib.metadata.version("pytest")
    assert found["opentelemetry-sdk"] == importlib.metadata.version("opentelemetry-sdk")


@pytest.mark.usefixtures("proc")
def test_another_users_files_are_denied() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    program = f"""
import os
from fastdiag.host.packages import packages_of
from fastdiag.host.proc import Proc
os.setgroups([]); os.setuid({NOBODY})
print(packages_of(Proc(), {os.getpid()}).reason)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "denied\n"


def environment(
    root: Path, *packages: str, home: str = "venv", maps: str | None = None, **files: str
) -> Proc:
    """Plant a process whose root holds an environment."""
    folder = root / str(PID) / "root" / home / "lib/python3.13/site-packages"
    folder.mkdir(parents=True)
    for name in packages:
        (folder / name).mkdir()
    if maps is not None:
        (root / str(PID) / "maps").write_text(maps)
    for name, text in files.items():
        (root / str(PID) / name).write_text(text)
    return Proc(root)


def test_packages_are_looked_for_where_the_process_has_loaded_some_from(tmp_path: Path) -> None:
    maps = "7f0-7f1 r-xp 0 fe:0 1 /app/lib/python3.13/site-packages/pydantic_core/core.so\n7f2-7f3 rw-p 0\n"
    proc = environment(tmp_path, "fastapi-0.165.0.dist-info", "fastapi", home="app", maps=maps)

    assert packages_of(proc, PID) == {"fastapi": "0.165.0"}


LOADED = "7f0-7f1 r-xp 0 fe:0 1 /venv/lib/python3.13/site-packages/google/_upb/_message.abi3.so\n"
OTHERS = "7f0-7f1 r-xp 0 fe:0 1 /venv/lib/python3.13/site-packages/pydantic_core/core.so\n"


@pytest.mark.parametrize(
    ("installed", "maps", "expected"),
    [
        ("_message.abi3.so", LOADED, True),
        ("_message.abi3.so", OTHERS, False),
        ("__init__.py", OTHERS, None),  # the pure Python version of a package leaves no trace in memory
        ("_message.abi3.so", None, None),
    ],
)
def test_a_compiled_module_that_is_not_in_memory_is_not_used(
    tmp_path: Path, installed: str, maps: str | None, expected: bool | None
) -> None:
    proc = environment(tmp_path, "google", maps=maps)
    folder = tmp_path / str(PID) / "root/venv/lib/python3.13/site-packages/google/_upb"
    folder.mkdir()
    (folder / installed).touch()

    assert has_loaded(proc, PID, "google/_upb") is expected


@pytest.mark.parametrize(
    "files",
    [
        {"environ": "VIRTUAL_ENV=/venv\0", "cmdline": "python\0"},
        {"environ": "", "cmdline": "/venv/bin/python\0-m\0uvicorn\0"},
    ],
)
def test_without_that_the_environment_and_the_interpreter_tell(tmp_path: Path, files: dict[str, str]) -> None:
    proc = environment(tmp_path, "Zope.Event_Bus-5.0.dist-info", "old-1.2-py3.9.egg-info", **files)

    assert packages_of(proc, PID) == {"zope-event-bus": "5.0", "old": "1.2"}


def test_no_environment_is_absent_and_not_an_empty_one(tmp_path: Path) -> None:
    proc = environment(tmp_path, home="elsewhere", cmdline="/venv/bin/python\0")

    answer = packages_of(proc, PID)
    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.ABSENT


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("8.0.2", (8, 0, 2)), ("8.0.2rc1", (8, 0, 2)), ("0.165", (0, 165)), ("", ()), ("next", ())],
)
def test_versions_are_compared_by_their_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert version_of(version) == numbers
