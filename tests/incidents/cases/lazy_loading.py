"""A list that loads something for each of its items grows from ten items to many."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.statements import statement_statistics
from tests.incidents.deployments import LOYALTY
from tests.incidents.measure.database import statements_so_far
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import CPU_SAMPLE_S, Stage
from tests.stack.load import Route

LIST: Final = "/tiers/platinum/members"
CAMPAIGN: Final = "UPDATE cards SET tier = 'platinum' WHERE id <= 6000"
MANY: Final = 200


@contextmanager
def fault(stage: Stage) -> Iterator[None]:
    with stage.cluster.connect(database=stage.database) as session:
        session.execute(CAMPAIGN.encode())
    yield


def manifested(stage: Stage) -> Confirmation:
    before = statements_so_far(stage)
    cores = stage.service_cores()
    a_second = (statements_so_far(stage) - before) / CPU_SAMPLE_S
    seen, lists = stage.load.seen(), stage.load.seen(route=LIST)
    return Confirmation(
        holds=lists.p50_s > 1.0 and a_second > MANY and cores < 1.6,
        measured=f"{lists} where members are listed; {a_second:.0f} statements a second for {seen.rps:.0f} "
        f"requests; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="lazy-loading",
    cause="n-plus-one-queries",
    story="A campaign promotes six thousand members to platinum; the list of them was made when there "
    "were ten, and loads the member of each card lazily, one statement a card.",
    deployment=replace(LOYALTY, beside=(statement_statistics,)),
    traffic=(
        Route(path="/members", rps=1),
        Route(path="/members/{id}", rps=2),
        Route(path=LIST, rps=0.4),
    ),
    fault=fault,
    manifested=manifested,
)
