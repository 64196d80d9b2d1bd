"""A text without an index for its words is cheap to search until the table grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.incidents.deployments import LOYALTY, LOYALTY_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Route

SEARCH: Final = "/redemptions?reward=mug"
IMPORT: Final = """
    INSERT INTO redemptions (member_id, points, reward)
    SELECT 1 + n % 2000, n % 900, repeat('Imported ', 16) FROM generate_series(1, 2500000) AS n
"""


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with stage.cluster.connect(database=stage.database) as session:
        session.execute(IMPORT.encode())
    with more_users(stage, Route(path=SEARCH, rps=1), max_in_flight=2):
        yield


def manifested(stage: Stage) -> Confirmation:
    cores, seen = stage.service_cores(), stage.load.seen(route=SEARCH)
    sessions = stage.sessions()
    return Confirmation(
        holds=seen.p50_s > 1.5 and sessions.active >= 3 and not sessions.locked and cores < 0.6,
        measured=f"{seen}; {sessions.active} sessions run a statement, {sessions.locked} wait for a lock; "
        f"{cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="index-missing",
    cause="slow-queries",
    story="The redemptions of a partner programme are imported overnight; nobody has missed an index on "
    "the words of a reward so far, and in the morning each search reads two and a half million rows.",
    deployment=LOYALTY,
    traffic=LOYALTY_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
