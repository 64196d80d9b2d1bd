"""What a superuser measures in the service's database, beside what `Stage.backends` tells."""

import time
from contextlib import suppress
from typing import Final, LiteralString

import psycopg

from tests.incidents.stage import Stage

REFUSALS: Final = 20
RETRY_S: Final = 0.1


def slots(stage: Stage) -> tuple[int, int]:
    """Client sessions on the server, and how many ordinary roles may have.

    Whoever is about to be refused holds a slot until then: for a moment even a superuser may find none.
    """
    for _ in range(REFUSALS):
        with suppress(psycopg.OperationalError):
            return stage.cluster.connections(), stage.cluster.usable_connections()
        time.sleep(RETRY_S)
    return stage.cluster.connections(), stage.cluster.usable_connections()


def untouched_transactions(stage: Stage, longer_than_s: float) -> int:
    """Sessions that have waited for their application in one transaction for longer than that."""
    query: LiteralString = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%%'
          AND clock_timestamp() - state_change > %s * interval '1 second'
    """
    return int(_number(stage, query, longer_than_s))


def oldest_transaction_s(stage: Stage) -> float:
    """Age of the oldest open transaction."""
    query: LiteralString = """
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    """
    return _number(stage, query)


def temporary_files(stage: Stage) -> int:
    """Temporary files that statements have written so far."""
    return int(_number(stage, "SELECT temp_files FROM pg_stat_database WHERE datname = current_database()"))


def statements_so_far(stage: Stage) -> int:
    """Statements that were run so far, as pg_stat_statements counts them."""
    return int(
        _number(
            stage,
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
    )


def _number(stage: Stage, query: LiteralString, *values: float) -> float:
    with (
        stage.cluster.connect(database=stage.database) as session,
        session.cursor(row_factory=psycopg.rows.scalar_row) as cursor,
    ):
        return float(cursor.execute(query, values).fetchone() or 0)
