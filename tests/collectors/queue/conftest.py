"""One Redis for all of these tests: each takes a database of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.redis import RedisServer, redis_server


@pytest.fixture(scope="package")
def redis() -> Iterator[RedisServer]:
    directory = Path(tempfile.mkdtemp(prefix="fastdiag-test-"))
    with redis_server(directory) as server:
        yield server
    shutil.rmtree(directory, ignore_errors=True)
