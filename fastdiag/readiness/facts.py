"""All that the checklist is answered from, and how one looks things up in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.model.audit import Check, CodeAudit, Finding, Root, Setting
from fastdiag.model.checklist import Attestation, Coverage, Item, Seen
from fastdiag.model.diagnosis import Assessment, Diagnosis, RankedCause
from fastdiag.model.headroom import Headroom, Sum
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.readiness import Rules
from fastdiag.model.signal import Missing, Reading, Reason

NOT_LOOKED: Final = "the running service was not looked at"
NO_PROMETHEUS: Final = Missing(Reason.NOT_CONFIGURED, "no Prometheus is known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found in the code and seen on the running service; None for what was not looked at.

    today        ISO date by which attestations are judged
    checks       the kinds of findings by id: they say on which items a finding bears
    rules        the rules of Prometheus
    attestations by item
    """

    today: str
    checks: Mapping[str, Check]
    code: CodeAudit | None = None
    diagnosis: Diagnosis | None = None
    headroom: Headroom | None = None
    coverage: Coverage | None = None
    rules: Rules = NO_PROMETHEUS
    attestations: Mapping[str, Attestation] = field(default_factory=dict)

    def checks_of(self, item: Item) -> frozenset[str]:
        """Return the ids of the checks that bear on an item."""
        return frozenset(name for name, check in self.checks.items() if item.id in check.items)

    def findings_of(self, item: Item) -> tuple[Finding, ...]:
        """Return the findings that bear on an item, those that were dismissed excepted."""
        wanted = self.checks_of(item)
        return tuple(one for one in (self.code.findings if self.code else ()) if one.check in wanted)

    def reading(self, signal: str) -> Reading | Missing:
        """Return what was seen of a signal, or why it was not."""
        if self.diagnosis is None:
            return Missing(Reason.NOT_CONFIGURED, NOT_LOOKED)
        taken = self.diagnosis.snapshot
        absent = Missing(Reason.ABSENT, "no source shows it")
        return taken.readings.get(signal) or taken.missing.get(signal) or absent

    def value(self, signal: str) -> float | None:
        """Return the service-wide value of a signal; None when there is none."""
        found = self.reading(signal)
        return None if isinstance(found, Missing) else found.value

    def parameter(self, name: str, default: float) -> float:
        """Return a threshold that was in force when the service was looked at."""
        text = self.diagnosis.snapshot.parameters.get(name) if self.diagnosis else None
        try:
            return parse_quantity(text).value if text else default
        except ValueError:
            return default

    def sum(self, name: str) -> Sum | None:
        """Return a sum of the arithmetic of limits by its id."""
        sums = self.headroom.arithmetic if self.headroom else ()
        return next((one for one in sums if one.id == name), None)

    def cause(self, name: str) -> RankedCause | Assessment | None:
        """Return what the diagnosis says of a cause."""
        if self.diagnosis is None:
            return None
        listed = {one.id: one for one in self.diagnosis.causes}
        others = {one.id: one for one in self.diagnosis.others}
        return listed.get(name) or others.get(name)

    def seen(self, name: str) -> Seen | None:
        """Return an observability item by its id."""
        items = self.coverage.items if self.coverage else ()
        return next((one for one in items if one.item.id == name), None)

    def settings(self, *names: str) -> tuple[Setting, ...]:
        """Return what the code configures under any of these names."""
        return tuple(one for one in (self.code.settings if self.code else ()) if one.name in names)

    def roots(self, *kinds: str) -> tuple[Root, ...]:
        """Return the entry points of these kinds that the code has."""
        return tuple(one for one in (self.code.roots if self.code else ()) if one.kind in kinds)

    def imports(self, *packages: str) -> bool:
        """Whether the code imports one of these packages."""
        return bool(self.code and set(packages) & set(self.code.packages))

    def does_without(self, *packages: str) -> bool:
        """Whether all of a service's code was read and imports none of these packages.

        A folder without any entry point may hold anything but the service: it proves nothing.
        """
        is_known = self.code is not None and bool(self.code.roots) and not self.code.unread
        return is_known and not self.imports(*packages)
