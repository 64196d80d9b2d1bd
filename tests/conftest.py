"""Fixtures for tests with real servers.

A test that needs a server program which this machine lacks is skipped with the reason: whatever raises
MissingServerError, in a fixture or in the test itself, counts as that.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.incidents.registry import CHOICES
from tests.stack.postgres import Cluster, postgres
from tests.stack.processes import MissingServerError

WATCHERS: Final = (
    "tests/collectors/test_host",
    "tests/collectors/test_probe",
    "tests/collectors/test_processes",
    "tests/demo",
    "tests/host",
    "tests/stack",
    "tests/test_discovery",
    "tests/cli/test_demo",
    "tests/cli/test_surroundings",
)
"""Tests that watch processes, sockets and CPU of this machine: one at a time, or they see each other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell parallel runs (`-n 2 --dist loadgroup`) what stays together: watchers, and each file."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("watchers" if file.startswith(WATCHERS) else file))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--incidents",
        choices=CHOICES,
        default="ordinary",
        help="which live incidents to run: a handful, a dozen, or all",
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Cluster]:
    """Start a PostgreSQL cluster for the whole run; take your own database with `create_database`."""
    with postgres() as cluster:
        yield cluster


@pytest.fixture
def server_directory() -> Iterator[Path]:
    """Make a directory for servers' files and sockets: its path is short enough for a Unix socket."""
    directory = Path(tempfile.mkdtemp(prefix="fastdiag-test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    return (yield from _skip_without_server())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    return (yield from _skip_without_server())


def _skip_without_server() -> Generator[None]:
    try:
        return (yield)
    except MissingServerError as missing:
        pytest.skip(str(missing))
