"""One snapshot of what all sources brought: the best reading of each signal, masked."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastdiag import __version__
from fastdiag.collectors.choose import choose
from fastdiag.collectors.gather import Gathered
from fastdiag.discovery.quoting import quote
from fastdiag.discovery.stock import origin_of
from fastdiag.model.moment import iso_of
from fastdiag.model.quantity import Quantity
from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.model.target import Target
from fastdiag.redact import redact


def assemble(
    gathered: Sequence[Gathered],
    target: Target,
    catalogue: Catalogue,
    parameters: Mapping[str, Quantity],
    observed: Sequence[str] = (),
) -> Snapshot:
    """Return it with the parameters in force; ``observed`` are the symptoms that a person reported."""
    best = choose(gathered, catalogue, window_s=target.window_s, slow_s=target.slow_s)
    taken = Snapshot(
        service=target.service or (target.local.app if target.local else None) or "unknown",
        taken_at=_moment(target.at),
        window_s=target.window_s,
        readings=best.readings,
        missing=best.missing,
        sources=tuple(_with_origin(source.state, target) for source in gathered),
        parameters={name: str(value) for name, value in parameters.items()},
        also=best.also,
        observed=tuple(observed),
        fastdiag=__version__,
        doubts=best.doubts,
    )
    return redact(quote(taken), target.secrets)


def _moment(at: float | None) -> str:
    """Return the moment that was looked at, which is now unless somebody asked for the past."""
    return iso_of(time.time() if at is None else at)


def _with_origin(state: SourceState, target: Target) -> SourceState:
    """Say where a discovered target came from, so that nobody wonders what was looked at."""
    origin = origin_of(state.name, target)
    if state.status is SourceStatus.SKIPPED or not origin or origin.startswith("--"):
        return state
    return replace(state, target=f"{state.target or '?'} ({origin})")
