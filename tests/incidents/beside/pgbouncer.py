"""PgBouncer between the service and its database, in transaction mode."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from tests.incidents.companions import Beside, Companion, Surroundings
from tests.stack.pgbouncer import CLIENT, pgbouncer
from tests.stack.postgres import APPLICATION, APPLICATION_PASSWORD

# Clients wait as long as their own users do; PgBouncer's default is two minutes.
QUERY_WAIT_TIMEOUT_S: Final = 60


def pooler_of(pool_size: int) -> Beside:
    """Return a PgBouncer that opens at most so many server connections for the service."""

    def start(around: Surroundings) -> AbstractContextManager[Companion]:
        return _pooler(around, pool_size)

    return start


@contextmanager
def _pooler(around: Surroundings, pool_size: int) -> Iterator[Companion]:
    with pgbouncer(
        around.cluster,
        query_wait_timeout=QUERY_WAIT_TIMEOUT_S,
        login=f"{APPLICATION} password={APPLICATION_PASSWORD}",
        pool_size=pool_size,
    ) as pooler:
        yield Companion(
            handle=pooler,
            environment={"DATABASE_URL": pooler.dsn(CLIENT, around.database)},
            options=("--pgbouncer", pooler.console()),
        )
