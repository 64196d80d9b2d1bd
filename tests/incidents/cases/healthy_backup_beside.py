"""A backup reads the database in one long transaction, which blocks nobody."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from tests.incidents.deployments import ORDERS, ORDERS_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.postgres import APPLICATION

LONG_S: Final = 35.0
"""Longer than a transaction of a request ever is."""
TABLES: Final = (b"products", b"orders", b"customers")


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    leave = threading.Event()
    backup = threading.Thread(target=_dump, args=(stage, leave), daemon=True)
    backup.start()
    try:
        yield
    finally:
        leave.set()
        backup.join(10)


def _dump(stage: Stage, leave: threading.Event) -> None:
    """Read as pg_dump does: one snapshot, COPY after COPY, with the pauses of a slow network."""
    dsn = stage.cluster.dsn(APPLICATION, stage.database)
    with psycopg.connect(dsn, application_name="pg_dump") as session, session.cursor() as cursor:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        while not leave.is_set():
            for table in TABLES:
                with cursor.copy(b"COPY " + table + b" TO STDOUT") as rows:
                    for _ in rows:
                        pass
                leave.wait(0.1)


def manifested(stage: Stage) -> Confirmation:
    started = time.monotonic()
    time.sleep(LONG_S)
    cores, seen, sessions = stage.service_cores(), stage.load.seen(), stage.sessions()
    dumping = sum(1 for session in sessions if session.application_name == "pg_dump")
    return Confirmation(
        holds=seen.p95_s < 0.4 and not seen.failed and dumping == 1 and not sessions.locked,
        measured=f"{seen}; the backup's transaction is {time.monotonic() - started:.0f} s old; "
        f"{sessions.locked} sessions wait for a lock; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="healthy-backup-beside",
    cause=None,
    story="The nightly backup reads all tables in one transaction of more than half a minute; readers block "
    "nobody, and no request is slower.",
    deployment=ORDERS,
    traffic=ORDERS_TRAFFIC,
    fault=fault,
    manifested=manifested,
    manifests_within_s=90.0,
)
