"""The whole of `fastdiag coverage`: ask what shows the service, and answer the observability checklist."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from fastdiag import pipeline
from fastdiag.collectors import probe, workers
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.sink import Collector, Sink
from fastdiag.config import Settings
from fastdiag.coverage import logs, page, server
from fastdiag.coverage.facts import LOGS, PAGE, PROBE, PROMETHEUS, WORKERS, Facts, LogSight, Shelf
from fastdiag.coverage.judge import judge
from fastdiag.discovery import discover
from fastdiag.host.packages import packages_of
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.checklist import Coverage, Seen
from fastdiag.model.signal import Catalogue, Missing, Reason
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.model.target import Target
from fastdiag.redact import Redactor
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules

Progress = Callable[[str], None]
SOURCES: Final = (PROMETHEUS, PAGE, LOGS, PROBE, WORKERS)
"""What shows the service to those who run it. What only fastdiag reads (sockets) is no part of it."""


PROBING_S: Final = 2.5
"""As the deadline of the probe: it then spreads its requests over a second."""


@dataclass(slots=True)
class _Tray:
    """What the threads bring home beside readings."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    logs: list[LogSight] = field(default_factory=list)

    def prometheus(self, target: Target, sink: Sink) -> None:
        self.shelves[PROMETHEUS] = server.look(target, sink)

    def scrape(self, target: Target, sink: Sink) -> None:
        self.shelves[PAGE] = page.look(target, sink)

    def log(self, target: Target, sink: Sink) -> None:
        self.logs.append(logs.look(target, sink))


def look(settings: Settings, progress: Progress = lambda _: None) -> Coverage:
    """Ask Prometheus, the metrics page, the logs and the service itself, and answer the checklist.

    Nothing is changed, and no source costs more than the deadline of the settings.

    Raises:
        RuleError: a rule file is wrong.
        ConfigError: a parameter of fastdiag.yaml is.

    """
    items = load_checklist(builtin_rules(), Checklist.OBSERVABILITY)
    table = pipeline.open_table(settings)
    progress("looking for the service")
    found = discover(settings, slow_s=table.slow_s)
    tray = _Tray()
    collectors = _collectors(tray, settings.sources)
    gathered = gather(found.target, table.catalogue, collectors, progress)
    facts = _facts(gathered, tray, table.catalogue, found.target, table.slow_s)
    mask = Redactor.of(found.target.secrets)
    local = found.target.local.app if found.target.local else None
    return Coverage(
        service=mask.label(found.target.service or local or "unknown"),
        taken_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        items=tuple(_masked(seen, mask) for seen in judge(items, facts)),
        sources={source.state.name: mask.text(_fared(source.state)) for source in gathered},
        notes=tuple(map(mask.text, (*settings.notes, *found.notes, *_notes(gathered, facts)))),
    )


def _collectors(tray: _Tray, wanted: Sequence[str]) -> Mapping[str, Collector]:
    every: dict[str, Collector] = {
        PROMETHEUS: tray.prometheus,
        PAGE: tray.scrape,
        LOGS: tray.log,
        PROBE: _probe,
        WORKERS: workers.collect,
    }
    return {name: collect for name, collect in every.items() if name in wanted}


def _probe(target: Target, sink: Sink) -> None:
    """Look at the headers of a few answers: how long they take is not what is asked here."""
    probe.collect(replace(target, deadline_s=min(PROBING_S, target.deadline_s)), sink)


def _facts(
    gathered: Sequence[Gathered], tray: _Tray, catalogue: Catalogue, target: Target, slow_s: float
) -> Facts:
    shelves = dict(tray.shelves)  # a thread that is late may still add to it
    unseen = {name: Missing(Reason.NOT_CONFIGURED, "it was left out") for name in SOURCES}
    for source in gathered:
        unseen.pop(source.state.name)
        if source.state.status in {SourceStatus.FAILED, SourceStatus.SKIPPED}:
            unseen[source.state.name] = _why(source)
    for name in shelves:
        unseen.pop(name, None)
    return Facts(
        catalogue=catalogue,
        slow_s=slow_s,
        shelves=tuple(shelves[name] for name in (PROMETHEUS, PAGE) if name in shelves),
        unseen=unseen,
        logs=next(iter(tray.logs), None),
        readings={
            (source.state.name, name): reading
            for source in gathered
            for name, reading in source.readings.items()
        },
        packages=_packages(target),
    )


def _why(source: Gathered) -> Missing:
    is_skipped = source.state.status is SourceStatus.SKIPPED
    return Missing(
        Reason.NOT_CONFIGURED if is_skipped else Reason.FAILED, source.state.error or "it told nothing"
    )


def _packages(target: Target) -> Mapping[str, str] | None:
    """Return what is installed where the service runs on this machine; None where that cannot be seen."""
    if target.local is None:
        return None
    found = packages_of(Proc(), (*target.local.workers, target.local.master or 0)[0])
    return None if isinstance(found, Unreadable) else found


def _fared(state: SourceState) -> str:
    return f"{state.status}: {state.error}" if state.error else str(state.status)


def _notes(gathered: Sequence[Gathered], facts: Facts) -> tuple[str, ...]:
    notes = [f"{shelf.source}: {shelf.lottery}" for shelf in facts.shelves if shelf.lottery]
    if facts.shelf(PAGE) and not facts.shelf(PROMETHEUS):
        notes.append("no Prometheus told anything: whether what the page shows is kept anywhere is not known")
    if facts.packages is None:
        notes.append(
            "which libraries the service uses is not known: run on its machine, as its user or as root"
        )
    return (*notes, *(told for source in gathered if (told := _trouble(source.state, facts))))


def _trouble(state: SourceState, facts: Facts) -> str:
    """Return what a source lacked and what helps, where that bears on the answers."""
    is_told = state.name in facts.unseen or state.status is SourceStatus.PARTIAL
    if not (is_told and state.hint):
        return ""
    return f"{state.name}: {'; '.join(text for text in (state.error, state.hint) if text)}"


def _masked(seen: Seen, mask: Redactor) -> Seen:
    """Mask what was quoted of metrics, labels and logs; the lines to add are ours."""
    return replace(
        seen,
        by=tuple(map(mask.label, seen.by)),
        qualities=tuple(replace(one, text=mask.text(one.text)) for one in seen.qualities),
        evidence=tuple(replace(one, text=mask.text(one.text)) for one in seen.evidence),
    )
