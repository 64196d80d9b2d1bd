"""The bench can fail: wrong answers are recognised as wrong."""

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Diagnosis, RankedCause, Status, Verdict
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import Snapshot
from tests.incidents.judge import shortcomings
from tests.incidents.registry import every_incident, incidents_of
from tests.incidents.score.cases import Case
from tests.incidents.score.judged import Judged
from tests.incidents.truth import Truth, is_held_back
from tests.incidents.views import View

EMPTY = Snapshot(service="shop", taken_at="1970-01-01T00:00:00Z", window_s=20, readings={}, missing={})
POOL = Truth(roots=("db-pool-exhaustion",), consequences=frozenset({"missing-timeout"}))
LOCKS = Truth(roots=("database-locks",), consequences=frozenset({"db-pool-exhaustion"}))
TWO = Truth(roots=("database-locks", "slow-external-dependency"))
HEALTHY = Truth(roots=())
TRUE = ("db-pool-exhaustion", Verdict.VERY_LIKELY)
SLOW = ("slow-queries", Verdict.LIKELY)


def ranked(place: int, cause: str, verdict: Verdict) -> RankedCause:
    return RankedCause(
        rank=place,
        id=cause,
        kind=Kind.FAILURE,
        title=cause,
        why="",
        probability=0.9,
        root=0.9,
        low=0.9,
        high=0.9,
        verdict=verdict,
        explains=(),
        driven_by=None,
        supports=(),
        contradicts=(),
        unknown=(),
        check=(),
        fix=None,
        references=(),
    )


def said(
    truth: Truth, *causes: tuple[str, Verdict], status: Status = Status.CRITICAL, view: View = View.ALL
) -> Judged:
    case = Case(name="a", truth=truth, snapshot=EMPTY)
    listed = tuple(ranked(place, *cause) for place, cause in enumerate(causes, start=1))
    diagnosis = Diagnosis(
        snapshot=EMPTY,
        status=status,
        conclusive=True,
        symptoms=(),
        unknown_symptoms=(),
        causes=listed,
        others=(),
        next_checks=(),
        unseen=(),
    )
    return Judged(
        case=case, view=view, diagnosis=diagnosis, strong=frozenset(), named=frozenset(), beliefs={}
    )


@pytest.mark.parametrize(
    "answer",
    [
        said(POOL, TRUE),
        said(POOL, ("db-pool-exhaustion", Verdict.LIKELY), ("slow-queries", Verdict.POSSIBLE)),
        said(POOL, TRUE, ("missing-timeout", Verdict.VERY_LIKELY)),
        said(POOL, SLOW, view=View.MACHINE),
        said(POOL, status=Status.INCONCLUSIVE, view=View.MACHINE_AND_POSTGRES),
        said(LOCKS, ("database-locks", Verdict.VERY_LIKELY), TRUE),
        said(TWO, ("slow-external-dependency", Verdict.LIKELY), ("database-locks", Verdict.LIKELY)),
        said(HEALTHY, status=Status.OK),
        said(HEALTHY, status=Status.INCONCLUSIVE),
    ],
)
def test_a_good_answer_has_no_shortcomings(answer: Judged) -> None:
    assert shortcomings(answer) == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (said(POOL, SLOW, TRUE), "ranks slow-queries above the true cause"),
        (said(POOL, SLOW), "does not list db-pool-exhaustion, the true cause"),
        (
            said(POOL, ("db-pool-exhaustion", Verdict.POSSIBLE)),
            "calls db-pool-exhaustion, the true cause, only possible",
        ),
        (said(POOL, TRUE, status=Status.OK), "calls the service ok"),
        (
            said(POOL, ("slow-queries", Verdict.VERY_LIKELY), view=View.MACHINE),
            "says `very likely` of what is not so: slow-queries",
        ),
        (
            said(TWO, ("database-locks", Verdict.LIKELY)),
            "does not list slow-external-dependency, the true cause",
        ),
        (said(HEALTHY, status=Status.WARNING), "calls a healthy service warning"),
        (
            said(HEALTHY, ("slow-queries", Verdict.POSSIBLE), status=Status.OK),
            "names slow-queries (possible) in a healthy service",
        ),
        (said(HEALTHY, status=Status.WARNING, view=View.MACHINE), "calls a healthy service warning"),
    ],
)
def test_a_wrong_answer_is_recognised(answer: Judged, sentence: str) -> None:
    assert sentence in shortcomings(answer)


def test_a_consequence_in_the_first_place_does_not_count_as_the_cause() -> None:
    answer = said(LOCKS, TRUE, ("database-locks", Verdict.LIKELY))
    assert not answer.is_first
    assert answer.is_on_podium


def test_causes_of_visibility_do_not_take_a_place() -> None:
    answer = said(POOL, TRUE)
    tracing = replace(ranked(1, "missing-tracing", Verdict.VERY_LIKELY), kind=Kind.VISIBILITY)
    both = replace(answer, diagnosis=replace(answer.diagnosis, causes=(tracing, *answer.diagnosis.causes)))
    assert both.is_first
    assert both.falsely_sure == ()


def test_every_incident_has_a_name_and_a_story_of_its_own() -> None:
    incidents = every_incident()
    assert len({incident.name for incident in incidents}) == len(incidents)
    assert all(incident.story.endswith(".") for incident in incidents)


def test_about_a_third_is_held_back_by_name_alone() -> None:
    held = [incident.name for incident in every_incident() if is_held_back(incident.name)]
    assert 0.15 < len(held) / len(every_incident()) < 0.5


def test_the_ordinary_run_covers_the_main_mechanisms() -> None:
    covered = {incident.cause for incident in incidents_of("ordinary")}
    # A slow dependency and a blocked loop are staged in every run as well, by tests/demo; locks in
    # `--live=quick`.
    assert covered >= {None, "db-pool-exhaustion"}
