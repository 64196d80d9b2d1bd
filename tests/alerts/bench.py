"""What a server might know of a service, put together by hand, and promtool to judge what is made of it."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastdiag.alerts.cases import cases_file
from fastdiag.alerts.document import rule_file
from fastdiag.alerts.look import NO_METRIC, Origin, Seen
from fastdiag.alerts.make import DEFAULT_FOR_S, Made, make, wanted
from fastdiag.collectors.prometheus.choice import Choice, Place, ServerSource
from fastdiag.metrics.promql import Scope
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import MetricSource, Missing, PromqlSource, Reason
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.stack.processes import MissingServerError

SELECTOR: Final = 'job="shop"'
BOUNDS: Final = {"0.1": 0.1, "1.0": 1.0, "10.0": 10.0}


@functools.cache
def shipped() -> Rulebook:
    return load_rulebook(builtin_rules())


def server_sources(signal: str) -> tuple[ServerSource, ...]:
    """Return how a Prometheus may tell a signal; names with dots take a newer promtool than Debian's."""
    sources = shipped().catalogue.signals[signal].sources
    return tuple(one for one in sources if isinstance(one, ServerSource) and "." not in _names(one))


def _names(source: ServerSource) -> str:
    if isinstance(source, PromqlSource):
        return ""
    blind = source.blind.where if source.blind else ()
    labels = (one.label for one in (*source.where, *source.per_where, *source.requires, *blind))
    return " ".join((source.metric, source.by or "", source.per or "", *labels))


def seen(
    sources: Mapping[str, ServerSource],
    *,
    service: str = "shop",
    selector: str = SELECTOR,
    bounds: Mapping[str, float] = BOUNDS,
    native: frozenset[str] = frozenset(),
) -> Seen:
    """Return what a server knows that tells these signals, and no other."""
    place = Place(scope=Scope(selector=selector, native=native), names=frozenset())
    origins = {
        name: Origin(choice=Choice(source=source, place=place), bounds=_scaled(bounds, source))
        for name, source in sources.items()
    }
    lacking = [name for name in wanted(shipped()) if name not in origins]
    return Seen(
        service=service,
        selector=selector,
        url="http://prometheus:9090",
        origins=origins,
        missing=dict.fromkeys(lacking, Missing(Reason.ABSENT, NO_METRIC)),
        interval_s=15,
        window_s=300,
        births=True,
    )


def _scaled(bounds: Mapping[str, float], source: ServerSource) -> dict[str, float]:
    """Return bounds in seconds in the unit of a metric."""
    scale = source.scale if isinstance(source, MetricSource) else 1
    return {f"{bound / scale:g}": bound / scale for bound in bounds.values()}


def made(known: Seen, rulebook: Rulebook | None = None, for_s: float = DEFAULT_FOR_S) -> Made:
    return make(rulebook or shipped(), known, for_s)


def first_sources(*signals: str) -> dict[str, ServerSource]:
    return {name: server_sources(name)[0] for name in signals}


def write(found: Made, folder: Path, name: str = "shop") -> tuple[Path, Path]:
    """Write the rules and their tests into a folder."""
    rules, tests = folder / f"{name}.rules.yaml", folder / f"{name}.tests.yaml"
    rules.write_text(rule_file(found, shipped()), encoding="utf-8")
    tests.write_text(cases_file(found, shipped(), rules, tests), encoding="utf-8")
    return rules, tests


def promtool(*arguments: str | Path) -> str:
    """Run promtool; what it complains of fails the test."""
    program = shutil.which("promtool")
    if program is None:
        raise MissingServerError("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
