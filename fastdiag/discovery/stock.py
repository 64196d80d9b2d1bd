"""Taking stock of the sources: what each yields and lacks, masked like a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fastdiag import __version__
from fastdiag.collectors.gather import Gathered
from fastdiag.model.signal import Catalogue, Missing, Reason
from fastdiag.model.survey import Lack, Step, Stock, Survey
from fastdiag.model.target import Target
from fastdiag.redact import Redactor

_ORIGINS: Final = {"scrape": "metrics_url", "probe": "app_url", "logs": "log"}
"""Sources whose address goes by another name than theirs."""


def origin_of(source: str, target: Target) -> str | None:
    """Return where the address of a source came from: an option, a variable, a process."""
    return target.origin_of(_ORIGINS.get(source, source))


def take_stock(
    gathered: Sequence[Gathered],
    target: Target,
    catalogue: Catalogue,
    config: str | None,
    notes: Sequence[str],
) -> Survey:
    """Return what the sources brought as a survey of the sources themselves."""
    mask = Redactor.of(target.secrets)
    seen = frozenset(signal for source in gathered for signal in source.readings)
    local = target.local.app if target.local else None
    return Survey(
        service=mask.label(target.service or local or "unknown"),
        sources=tuple(_stock(source, target, catalogue, seen, mask) for source in gathered),
        signals=sum(1 for signal in catalogue.signals.values() if signal.sources),
        config=config,
        notes=tuple(map(mask.text, notes)),
        fastdiag=__version__,
    )


def _stock(
    source: Gathered, target: Target, catalogue: Catalogue, seen: frozenset[str], mask: Redactor
) -> Stock:
    from fastdiag.discovery.steps import steps_for  # noqa: PLC0415 - a snapshot does without PostgreSQL's part

    origin = origin_of(source.state.name, target)
    return Stock(
        state=mask.source(source.state),
        origin=mask.text(origin) if origin else None,
        yields=tuple(sorted(source.readings)),
        lacks=tuple(_masked(lack, mask) for lack in _lacks(source.missing)),
        steps=tuple(_step(step, mask) for step in steps_for(source, target, catalogue, seen)),
    )


def _lacks(missing: Mapping[str, Missing]) -> Iterator[Lack]:
    """Yield the missing signals by reason and detail: the most useful reason first, then the largest."""
    groups: dict[Missing, list[str]] = {}
    for signal, why in sorted(missing.items()):
        groups.setdefault(why, []).append(signal)
    order = tuple(Reason)
    for why in sorted(groups, key=lambda why: (order.index(why.reason), -len(groups[why]), why.detail)):
        yield Lack(reason=why.reason, detail=why.detail, signals=tuple(groups[why]))


def _masked(lack: Lack, mask: Redactor) -> Lack:
    return replace(lack, detail=mask.text(lack.detail))


def _step(step: Step, mask: Redactor) -> Step:
    do = "\n".join(mask.text(line) for line in step.do.splitlines())
    return replace(step, do=do, why=mask.text(step.why))
