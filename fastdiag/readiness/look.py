"""The whole of `fastdiag audit --live`: look at the running service, and answer the checklist."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fastdiag import __version__, pipeline
from fastdiag.collectors.prometheus.rules import read_rules
from fastdiag.collectors.sink import SourceFailed
from fastdiag.config import Settings
from fastdiag.coverage.look import look as look_at_sight
from fastdiag.engine.headroom import headroom
from fastdiag.errors import ConfigError, FastdiagError, nearest
from fastdiag.model.audit import Check, CodeAudit
from fastdiag.model.checklist import Answer, Attestation, Coverage, Item
from fastdiag.model.readiness import Checkup, Rules
from fastdiag.model.signal import Missing
from fastdiag.model.target import Target
from fastdiag.readiness.answer import answer
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.same import doubts
from fastdiag.redact import Redactor
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules

Progress = Callable[[str], None]
MAX_RULES_S: Final = 5.0
"""For the rules of Prometheus; they are in its memory."""


def look(
    settings: Settings, code: CodeAudit, checks: Mapping[str, Check], progress: Progress = lambda _: None
) -> Checkup:
    """Ask all sources as a snapshot does, and answer the readiness checklist from them and from the code.

    Nothing is changed, and no source costs more than the deadline of the settings.

    Raises:
        RuleError: a rule file is wrong.
        ConfigError: a parameter of fastdiag.yaml is, or it attests an item that there is not.

    """
    items = load_checklist(builtin_rules(), Checklist.READINESS, settings.rules)
    attestations = check_attested(settings.attested, items)
    beside = _Beside(settings)
    outcome = pipeline.snapshot(settings, progress)
    progress("answering the checklist")
    target = outcome.target or Target()
    taken = outcome.diagnosis.snapshot
    facts = Facts(
        today=datetime.now(UTC).date().isoformat(),
        checks=checks,
        code=code,
        diagnosis=outcome.diagnosis,
        headroom=headroom(taken, outcome.rulebook),
        coverage=beside.coverage(),
        rules=_rules(settings, target),
        attestations=attestations,
    )
    mask = Redactor.of(target.secrets)
    notes = (*outcome.notes, *beside.notes, *doubts(Path(code.folder), target))
    return Checkup(
        service=taken.service,
        taken_at=taken.taken_at,
        folder=code.folder,
        answers=tuple(_masked(one, mask) for one in answer(items, facts)),
        sources=taken.sources,
        notes=tuple(map(mask.text, notes)),
        fastdiag=__version__,
    )


def check_attested(attested: Sequence[Attestation], items: Sequence[Item]) -> dict[str, Attestation]:
    """Return attestations by item. Raise ConfigError for those of items that there are not."""
    known = [item.id for item in items]
    for one in attested:
        if one.item not in known:
            hint = nearest(one.item, known) or "rules/checklists/readiness.yaml has them"
            raise ConfigError(f"'attest' names an unknown item, {one.item!r}", hint=hint, where=one.where)
    return {one.item: one for one in attested}


@dataclass(slots=True)
class _Beside:
    """What its metrics and logs show, found out while the sources of the snapshot are asked."""

    settings: Settings
    _found: list[Coverage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._look, name="coverage", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            self._found.append(look_at_sight(self.settings))
        except FastdiagError:  # the snapshot fails for the same reason, and tells it
            return
        except Exception as error:  # noqa: BLE001 - the checklist is worth something without it, and says so
            self.notes.append(f"what its metrics and logs show could not be looked at: {error!r}")

    def coverage(self) -> Coverage | None:
        """Return it; None where it was not to be had in time."""
        self._thread.join(2 * self.settings.deadline_s)
        return self._found[0] if self._found else None


def _rules(settings: Settings, target: Target) -> Rules:
    """Return the rules of Prometheus, or why they are not known."""
    try:
        return read_rules(target, time.monotonic() + min(MAX_RULES_S, settings.deadline_s))
    except SourceFailed as failure:
        hint = f" ({failure.hint})" if failure.hint else ""
        return Missing(failure.reason, f"{failure.detail}{hint}")


def _masked(one: Answer, mask: Redactor) -> Answer:
    """Mask what was quoted of rules, metrics and source code."""
    return replace(one, evidence=tuple(replace(e, text=mask.text(e.text)) for e in one.evidence))
