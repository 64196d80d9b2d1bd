"""The workshop under a real server; one for all tests of a file."""

from collections.abc import Iterator

import pytest

from tests.instrument.workshop import Workshop, workshop
from tests.stack.postgres import Cluster


@pytest.fixture(scope="package")
def shop(postgres_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(postgres_server, tmp_path_factory.mktemp("workshop")) as running:
        yield running
