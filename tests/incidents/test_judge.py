"""The bench can fail: wrong answers are recognised as wrong."""

import pytest

from tests.incidents.judge import shortcomings
from tests.incidents.model import Answer, Incident, RankedCause, Sources
from tests.incidents.registry import every_incident, in_every_run

INCIDENTS = {incident.name: incident for incident in every_incident()}
HEALTHY, POOL, LOCKS = (INCIDENTS[name] for name in ("healthy-steady", "pool-drained", "lock-storm"))
TRUE = ("db-pool-exhaustion", "very likely")


def answer(*causes: tuple[str, str], status: str = "critical", sources: Sources = Sources.ALL) -> Answer:
    ranked = tuple(
        RankedCause(rank=rank, id=cause, verdict=verdict, probability=0.9)
        for rank, (cause, verdict) in enumerate(causes, start=1)
    )
    return Answer(sources=sources, status=status, causes=ranked, seconds=1.0)


@pytest.mark.parametrize(
    ("incident", "given"),
    [
        (POOL, answer(TRUE)),
        (POOL, answer(("db-pool-exhaustion", "likely"), ("slow-queries", "possible"))),
        (POOL, answer(("slow-queries", "likely"), sources=Sources.PROCESSES)),
        (POOL, answer(status="inconclusive", sources=Sources.PROCESSES_AND_POSTGRES)),
        (LOCKS, answer(("database-locks", "very likely"), TRUE)),
        (HEALTHY, answer(status="ok")),
        (HEALTHY, answer(status="inconclusive")),
    ],
)
def test_a_good_answer_has_no_shortcomings(incident: Incident, given: Answer) -> None:
    assert shortcomings(incident, given) == []


@pytest.mark.parametrize(
    ("incident", "given", "sentence"),
    [
        (POOL, answer(("slow-queries", "likely"), TRUE), "ranks #2 db-pool-exhaustion, the true cause"),
        (POOL, answer(("slow-queries", "likely")), "does not list db-pool-exhaustion, the true cause"),
        (
            POOL,
            answer(("db-pool-exhaustion", "possible")),
            "calls db-pool-exhaustion, the true cause, only possible",
        ),
        (POOL, answer(TRUE, status="ok"), "calls the service ok"),
        (
            POOL,
            answer(("slow-queries", "very likely"), sources=Sources.PROCESSES),
            "says `very likely` of what is not so: slow-queries",
        ),
        (HEALTHY, answer(status="warning"), "calls a healthy service warning"),
        (
            HEALTHY,
            answer(("slow-queries", "possible"), status="ok"),
            "names slow-queries (possible) in a healthy service",
        ),
    ],
)
def test_a_wrong_answer_is_recognised(incident: Incident, given: Answer, sentence: str) -> None:
    assert sentence in shortcomings(incident, given)


def test_every_incident_has_a_name_and_a_story_of_its_own() -> None:
    incidents = every_incident()
    assert len({incident.name for incident in incidents}) == len(incidents)
    assert all(incident.story.endswith(".") for incident in incidents)


def test_the_ordinary_run_covers_the_causes_of_this_slice() -> None:
    covered = {incident.cause for incident in in_every_run()}
    assert covered >= {
        None,
        "db-pool-exhaustion",
        "event-loop-blocking",
        "slow-external-dependency",
        "database-locks",
        "db-connection-limit",
    }
