"""How likely a cause is before its evidence: symptoms enter here and nowhere else.

Counted as findings, symptoms lifted wrong causes; as a prior they only say where to look first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from fastdiag.model.rule import Cause, Kind, Rulebook

SUSPECTED: Final = 0.03
DECAY: Final = 0.8
TOGETHER: Final = 0.125
"""What a symptom lends all its suspects at least: with few of them each is likelier, for one must be it. As
much as the first eight of a long list get."""
REPORTED: Final = 0.5
"""The same where a person reports the symptom: no threshold and no window is in doubt then."""
MOST: Final = 0.125
"""Of one cause: a symptom alone names none."""
WITH_A_SYMPTOM: Final = 0.5
"""What "nothing of this" weighs where a symptom holds, against 1 where none does.

A symptom says that something is wrong, which for nothing of the table to bring about takes a cause that the
table lacks. Were it not for this, hypotheses would only be told apart from each other by a symptom, and not
from "nothing". Over the recorded and the public incidents the mean squared error is the less, the less it
weighs; at 0.3 a symptom without any evidence names causes, which none may (see MOST).
"""
UNKNOWN: Final = 0.018
UNSUSPECTED: Final = 0.009
"""Also the least that a suspect is given: the last of twenty is still likelier than one who is none."""


def prior_odds(
    rulebook: Rulebook, symptoms: Mapping[str, bool | None], reported: Collection[str] = ()
) -> dict[str, float]:
    """Return the prior odds of every cause, given which symptoms hold (None: unknown) and who says so."""
    return {cause.id: _odds(_probability(cause, rulebook, symptoms, reported)) for cause in rulebook.causes}


def nothing_odds(rulebook: Rulebook, symptoms: Mapping[str, bool | None]) -> float:
    """Return what "nothing of this" weighs, given which symptoms of a failure hold."""
    failing = {name for cause in rulebook.causes if cause.kind is Kind.FAILURE for name in cause.explains}
    return WITH_A_SYMPTOM if any(symptoms.get(name) for name in failing) else 1.0


def _odds(probability: float) -> float:
    return probability / (1 - probability)


def _probability(
    cause: Cause, rulebook: Rulebook, symptoms: Mapping[str, bool | None], reported: Collection[str]
) -> float:
    lent = [
        _lent(cause.id, rulebook.symptom(symptom).suspects, REPORTED if symptom in reported else TOGETHER)
        for symptom in cause.explains
        if symptoms.get(symptom)
    ]
    if lent:
        return max(*lent, UNSUSPECTED)
    if any(_may_hold(symptom, rulebook, symptoms) for symptom in cause.explains):
        return UNKNOWN
    return UNSUSPECTED


def _may_hold(symptom: str, rulebook: Rulebook, symptoms: Mapping[str, bool | None]) -> bool:
    """Whether signals that were not seen could still show a symptom.

    What only people notice has no condition; where nobody has reported it, it is not held to be open.
    """
    return symptoms.get(symptom, False) is None and rulebook.symptom(symptom).when is not None


def _lent(cause: str, suspects: tuple[str, ...], together: float) -> float:
    """Return what a symptom says of a cause: the earlier it is suspected, and the fewer there are, the more.

    A cause that explains without being listed comes after the suspects.
    """
    place = suspects.index(cause) if cause in suspects else len(suspects)
    whole = sum(DECAY**other for other in range(len(suspects)))
    return min(MOST, max(SUSPECTED, together / whole if whole else 0.0) * DECAY**place)
