"""The table of results, as Markdown."""

from collections.abc import Sequence

from tests.incidents.judge import shortcomings
from tests.incidents.model import Answer, Incident, Outcome, Sources


def markdown(outcomes: Sequence[Outcome], missed: Sequence[str] = ()) -> str:
    """Return what fastdiag said about each incident, per set of sources, and how each was confirmed.

    ``missed`` are incidents whose fault did not manifest: they say nothing about fastdiag, and are named.
    """
    head = ["incident", "true cause", *(sources.value for sources in Sources)]
    lines = [_row(head), _row(["---"] * len(head)), *(_row(_cells(outcome)) for outcome in outcomes)]
    details = [line for outcome in outcomes for line in _details(outcome)]
    remark = f"Not judged, because the fault did not manifest: {', '.join(missed)}."
    return "\n".join(
        [
            "# Live incidents, as measured",
            "",
            "Written by `python -m tests.incidents`. Each cell: what stood first, its verdict and",
            "probability, the rank of the true cause, how long the command took, and what falls short.",
            "",
            *lines,
            "",
            *([remark, ""] if missed else []),
            "## What happened in each, measured without fastdiag",
            "",
            *details,
            "",
        ]
    )


def _cells(outcome: Outcome) -> list[str]:
    incident = outcome.incident
    said = [_said(incident, outcome.answers[sources]) for sources in Sources]
    return [incident.name, incident.cause or "(healthy)", *said]


def _said(incident: Incident, answer: Answer) -> str:
    parts = [_first(answer)]
    if incident.cause is not None:
        parts.append(f"true cause {_ordinal(answer.rank_of(incident.cause))}")
    parts.append(f"{answer.seconds:.1f} s")
    wrong = shortcomings(incident, answer)
    return ", ".join(parts) + (f" **falls short: {'; '.join(wrong)}**" if wrong else "")


def _first(answer: Answer) -> str:
    if answer.top is None:
        return f"no cause ({answer.status})"
    return f"{answer.top.id}: {answer.top.verdict} ({answer.top.probability:.2f})"


def _ordinal(rank: int | None) -> str:
    return "not listed" if rank is None else f"#{rank}"


def _details(outcome: Outcome) -> list[str]:
    incident = outcome.incident
    return [
        f"- **{incident.name}** ({incident.deployment}). {incident.story}",
        f"  Confirmed {_when(outcome)}: {outcome.confirmed.measured}.",
    ]


def _when(outcome: Outcome) -> str:
    if outcome.incident.cause is None:
        return "as healthy"
    return f"{outcome.manifested_after_s:.0f} s after the fault"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
