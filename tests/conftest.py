"""Fixtures for tests with real servers.

A test that needs a server program which this machine lacks is skipped with the reason: whatever raises
MissingServerError, in a fixture or in the test itself, counts as that.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.incidents.registry import CHOICES
from tests.stack.postgres import Cluster, postgres
from tests.stack.processes import MissingServerError


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
