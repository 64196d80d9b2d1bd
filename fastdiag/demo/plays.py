"""Everything that can be staged: the demo's own incidents, and those of the test bench where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.config.flags import Flags
from fastdiag.demo.bench import BenchIncident, bench_incidents, bench_stage
from fastdiag.demo.incidents import INCIDENTS, Incident
from fastdiag.demo.stage import Stage
from fastdiag.errors import FastdiagError, nearest

DEADLINE: Final = "12s"
"""Longer than the default: a demo loads the machine that it looks at."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One incident that can be staged.

    causes  ids of the causes that are injected; none where nothing is wrong
    truth   what is injected, told once the diagnosis has been printed
    lacks   what this machine still needs for it
    """

    name: str
    causes: tuple[str, ...]
    truth: str
    lacks: tuple[str, ...] = ()
    staged: Incident | BenchIncident = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A play on stage.

    flags     how `fastdiag snapshot` is told of it
    places    addresses where a person may look around
    measured  what confirmed the fault without fastdiag; "" where the clients' view has been shown
    """

    flags: Flags
    places: Mapping[str, str]
    measured: str = ""


def own_plays() -> tuple[Play, ...]:
    """Return the demo's own incidents, which need nothing but its packages."""
    return tuple(
        Play(
            name=incident.id,
            causes=(incident.true_cause,) if incident.true_cause else (),
            truth=incident.injected,
            staged=incident,
        )
        for incident in INCIDENTS
    )


def bench_plays() -> tuple[Play, ...]:
    """Return the incidents of the test bench; it takes about a second to ask for them."""
    return tuple(
        Play(name=one.name, causes=one.causes, truth=one.story, lacks=one.lacks, staged=one)
        for one in bench_incidents()
    )


def find_play(name: str) -> Play:
    """Return the play of this name.

    Raises:
        FastdiagError: there is none; the message lists those there are.

    """
    plays = {play.name: play for play in own_plays()}
    if name not in plays:
        plays |= {play.name: play for play in bench_plays()}
    if name not in plays:
        hint = nearest(name, plays) or "fastdiag demo --list tells what there is"
        raise FastdiagError(f"there is no incident {name!r}", hint=hint)
    return plays[name]


@contextmanager
def on_stage(play: Play, *, progress: Progress) -> Iterator[Standing]:
    """Bring a play about; leaving ends every process of it.

    Raises:
        FastdiagError: something is missing on this machine, or the incident did not show.

    """
    match play.staged:
        case Incident() as incident:
            with Stage(incident, progress=progress) as scene:
                flags = Flags(
                    service="demo",
                    app_url=scene.app_url,
                    metrics_url=scene.metrics_url,
                    pid=str(scene.pid),
                    skip=("prometheus", "postgres"),
                    deadline=DEADLINE,
                )
                yield Standing(flags=flags, places={"service": scene.app_url, "metrics": scene.metrics_url})
        case BenchIncident() as incident:
            with bench_stage(incident, progress=progress) as bench:
                flags = replace(bench.flags, deadline=DEADLINE)
                yield Standing(flags=flags, places=bench.places, measured=bench.measured)
