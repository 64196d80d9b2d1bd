"""What the readiness checklist is answered from beside the audit and the snapshot, and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastdiag.model.checklist import Answer, Readiness
from fastdiag.model.signal import Missing
from fastdiag.model.snapshot import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alerting rule that a Prometheus server evaluates.

    query  its expression, in PromQL
    error  what the server said when it last evaluated it; empty when all was well
    """

    name: str
    group: str
    query: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules of a Prometheus server.

    url      the server, without credentials
    records  expressions of recording rules, by the name of what they record
    """

    url: str
    alerts: tuple[AlertRule, ...] = ()
    records: Mapping[str, str] = field(default_factory=dict)


Rules = RuleSet | Missing
"""The rules in force, or why they are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The readiness checklist, answered for one service.

    folder   the source that was audited, as the user named it; empty when none was
    sources  how the sources of the running service fared; none when nothing live was looked at
    notes    what a person should know of how it was looked at
    """

    service: str
    taken_at: str
    folder: str
    answers: tuple[Answer, ...]
    sources: tuple[SourceState, ...] = ()
    notes: tuple[str, ...] = ()
    fastdiag: str = ""

    def with_verdict(self, verdict: Readiness) -> tuple[Answer, ...]:
        """Return the answers of one verdict, in the order of the checklist."""
        return tuple(answer for answer in self.answers if answer.verdict is verdict)
