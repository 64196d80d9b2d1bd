"""pg_stat_statements in the service's database, as most managed servers have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.companions import Companion, Surroundings

PRELOADED: Final = ("shared_preload_libraries=pg_stat_statements",)
"""What the cluster has to be started with."""


@contextmanager
def statement_statistics(around: Surroundings) -> Iterator[Companion]:
    """Create the extension where the service keeps its tables."""
    with around.cluster.connect(database=around.database) as session:
        session.execute("CREATE EXTENSION pg_stat_statements")
    yield Companion(handle=None)
