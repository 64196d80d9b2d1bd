"""The judgement without its trimmings: who is suspected, and in which order, at a sixth of the price.

Ranges and next checks, which cost most of a diagnosis, are left out. Of the words it takes one: whether what
is likely is called very likely depends on what is still unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.engine import symptoms as symptoms_
from fastdiag.engine.diagnose import status_of, unseen, weigh
from fastdiag.engine.infer import Inference
from fastdiag.engine.rank import Standings, listed, verdict
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.rule import Kind, Rulebook
from fastdiag.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is believed of a snapshot.

    ranking   the causes that a diagnosis would list, in its order
    verdicts  of every cause; LIKELY stands for VERY_LIKELY, too, unless it was looked at in full
    """

    status: Status
    symptoms: tuple[str, ...]
    ranking: tuple[str, ...]
    verdicts: dict[str, Verdict]
    inference: Inference


def glance(snapshot: Snapshot, rulebook: Rulebook, *, in_full: bool = False) -> Glance:
    """Judge a snapshot like ``diagnose``; ``in_full`` tells likely from very likely."""
    holding, inference = weigh(snapshot, rulebook)
    standings = Standings.of(inference, inference.outlooks()) if in_full else Standings(inference, {}, {})
    verdicts = {cause.id: verdict(cause, standings) for cause in inference.causes.values()}
    causes = listed(standings)
    failing = any(cause.kind is Kind.FAILURE and verdicts[cause.id] >= Verdict.LIKELY for cause in causes)
    found = symptoms_.found(inference.look, holding)
    status = status_of(found, unseen(inference.look), failing=failing)
    return Glance(
        status=status,
        symptoms=tuple(symptom.id for symptom in found),
        ranking=() if status is Status.OK else tuple(cause.id for cause in causes),
        verdicts=verdicts,
        inference=inference,
    )
