"""Public incidents as test cases: what others met in production, told in fastdiag's words."""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot
from tests.incidents.public.report import Report, read_reports
from tests.incidents.public.table import BlindSpot, Table, read_table
from tests.incidents.public.translate import estimated_signals, snapshot_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCase:
    """One report, translated.

    causes      the true cause; none where it is a blind spot
    also        what else the report says was at work
    blind_spot  why fastdiag cannot see the true cause, or None
    estimated   signals of the snapshot that the report does not state itself
    """

    name: str
    source: str
    kind: str
    causes: tuple[str, ...]
    also: frozenset[str]
    snapshot: Snapshot
    blind_spot: str | None
    estimated: frozenset[str]


def public_cases(catalogue: Catalogue) -> tuple[PublicCase, ...]:
    """Return every report as a case, in the order of reports.yaml."""
    table = read_table()
    return tuple(_case(report, table, catalogue) for report in read_reports().reports)


def _case(report: Report, table: Table, catalogue: Catalogue) -> PublicCase:
    true = table.causes[report.cause]
    others = [table.causes[name] for name in report.also]
    brought_about = table.brought_about.get(report.id, true)
    return PublicCase(
        name=report.id,
        source=report.source,
        kind=report.kind,
        causes=() if isinstance(true, BlindSpot) else (true,),
        also=frozenset(
            name for name in (*others, brought_about) if not isinstance(name, BlindSpot) and name != true
        ),
        snapshot=snapshot_of(report, table, catalogue),
        blind_spot=true.reason if isinstance(true, BlindSpot) else None,
        estimated=estimated_signals(report, table),
    )
