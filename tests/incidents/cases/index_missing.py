"""A text without an index for its words is cheap to search until the table grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments import LOYALTY, LOYALTY_TRAFFIC
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage

SEARCH: Final = "/redemptions?reward=mug"
IMPORT: Final = """
    INSERT INTO redemptions (member_id, points, reward)
    SELECT 1 + n % 2000, n % 900, repeat('Imported ', 16) FROM generate_series(1, 1500000) AS n
"""


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with stage.cluster.connect(database=stage.database) as session:
        session.execute(IMPORT.encode())
    yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route=SEARCH)
    sessions = stage.backends()
    active = sum(1 for session in sessions if session.state == "active")
    locked = sum(1 for session in sessions if session.waits_for == "Lock")
    return Confirmation(
        holds=seen.p50_s > 1.5 and active >= 3 and not locked and cores < 0.6,
        measured=f"{seen}; {active} sessions run a statement, {locked} wait for a lock; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="index-missing",
    cause="slow-queries",
    story="The redemptions of a partner programme are imported overnight; nobody has missed an index on "
    "the words of a reward so far, and in the morning each search reads one and a half million rows.",
    deployment=LOYALTY,
    traffic=LOYALTY_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
