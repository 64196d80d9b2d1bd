"""Where the threads of the running service were caught, joined with what the audit says of the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fastdiag.audit.meeting import meets, spot_of
from fastdiag.model.audit import Finding
from fastdiag.model.checklist import Evidence
from fastdiag.model.signal import Missing, Part
from fastdiag.readiness.facts import Facts
from fastdiag.render.words import percent

BLOCKED: Final = "loop.blocking_frame"
COMPUTING: Final = "loop.computing_frame"
LEAST_SHARE: Final = {BLOCKED: 0.15, COMPUTING: 0.4}
"""A line in which a loop is caught less often holds nobody up; a busy loop has to compute somewhere."""
MAX_LINES: Final = 3
KNOWN: Final = ", as the audit says of this line"
_DOES: Final = {BLOCKED: "stood still", COMPUTING: "computed"}


def of_frames(facts: Facts, signal: str) -> tuple[Evidence, ...]:
    """Return the lines in which the event loop was caught, each with the audit's finding if it has one."""
    found = facts.reading(signal)
    if isinstance(found, Missing):
        text = f"where the event loop {_DOES[signal]}: {found}"
        return (Evidence(source="stacks", text=text, speaks=None, signal=signal),)
    parts = [part for part in found.by if part.value >= LEAST_SHARE[signal]]
    if parts:
        frames = dict.fromkeys(_frame(part) for part in parts)
        worst = [[part for part in parts if _frame(part) == frame] for frame in frames]
        return tuple(_caught(facts, signal, those) for those in worst[:MAX_LINES])
    text = f"the event loop hardly ever {_DOES[signal]} in any line of the application"
    return (Evidence(source="stacks", text=text, speaks=True, signal=signal),)


def _frame(part: Part) -> str:
    return dict(part.labels).get("frame", "an unknown line")


def _caught(facts: Facts, signal: str, parts: Sequence[Part]) -> Evidence:
    """Tell one line, in which the loops of several workers may have been caught, the worst first."""
    frame, calls = _frame(parts[0]), dict(parts[0].labels).get("calls")
    finding = next(_same_line(facts.code.findings if facts.code else (), frame), None)
    within = f" in {calls}" if calls else ""
    share = f"{percent(parts[0].value)} of samples"
    number = len({dict(part.labels).get("worker") for part in parts})  # one worker may be caught in two calls
    workers = f" ({number} workers)" if number > 1 else ""
    known = KNOWN if finding else ""
    text = f"the event loop {_DOES[signal]}{within} at {frame} in {share}{workers}{known}"
    return Evidence(
        source="stacks",
        text=text,
        speaks=False,
        signal=signal,
        finding=finding,
    )


def _same_line(findings: Iterable[Finding], frame: str) -> Iterator[Finding]:
    spot = spot_of(frame)
    return (one for one in findings if spot and meets(one, spot))
