"""The whole story on one page: load the rules, find and ask the sources, judge what they say."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastdiag import __version__
from fastdiag.collectors.attribution import attribute
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.sink import Collector, Sink, SourceSkipped
from fastdiag.config import KEEPS_THE_PAST, Settings
from fastdiag.discovery import Found, discover
from fastdiag.discovery.stock import origin_of, take_stock
from fastdiag.engine.diagnose import diagnose
from fastdiag.errors import ConfigError, SnapshotError, nearest
from fastdiag.located.problems import Problems
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Catalogue, Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.model.survey import Survey
from fastdiag.model.target import Target
from fastdiag.redact import redact
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from fastdiag.rulebook.parameters import override

Progress = Callable[[str], None]
REASONS: Final = tuple(Reason)
"""In the order of usefulness: of several reasons for one missing signal the first is kept."""
NO_PAST: Final = "only Prometheus keeps the past"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A diagnosis, and what a person should know of how its sources were chosen."""

    diagnosis: Diagnosis
    rulebook: Rulebook
    notes: tuple[str, ...]


def snapshot(settings: Settings, progress: Progress = lambda _: None) -> Outcome:
    """Collect from all sources within the deadline and diagnose. The main job."""
    rulebook = rules(settings)
    _check_observed(settings.observed, rulebook)
    progress("looking for the service")
    found = discover(settings, slow_s=_slow(rulebook.parameters.get("slow")))
    gathered = gather(found.target, rulebook.catalogue, _collectors(settings), progress)
    progress("weighing the evidence")
    taken = assemble(gathered, found.target, rulebook, settings)
    return Outcome(diagnose(taken, rulebook), rulebook, (*settings.notes, *found.notes))


def find(settings: Settings) -> Found:
    """Look for the service and what it depends on; no source is asked."""
    return discover(settings, slow_s=Target().slow_s)


def survey(settings: Settings, progress: Progress = lambda _: None) -> Survey:
    """Ask every source as a snapshot does, and tell what each yields, lacks and would take."""
    rulebook = rules(settings)
    progress("looking for the service")
    found = discover(settings, slow_s=_slow(rulebook.parameters.get("slow")))
    gathered = gather(found.target, rulebook.catalogue, _collectors(settings), progress)
    config = str(settings.config) if settings.config else None
    notes = (*settings.notes, *found.notes)
    return take_stock(gathered, found.target, rulebook.catalogue, config, notes)


def replay(saved: Snapshot, rulebook: Rulebook) -> Outcome:
    """Diagnose a saved snapshot: no source is asked. Its own parameters win over those of the rulebook.

    Raises:
        SnapshotError: a parameter that it carries does not make sense.

    """
    defaults = {name: str(value) for name, value in rulebook.parameters.items()}
    carried = {name: text for name, text in saved.parameters.items() if name in defaults}
    try:
        override(rulebook.parameters, carried)
    except ConfigError as error:
        raise SnapshotError(f"the snapshot's {error.message}", hint=error.hint) from None
    complete = replace(saved, parameters={**defaults, **saved.parameters})
    return Outcome(diagnose(complete, rulebook), rulebook, tuple(_notes(saved, defaults, rulebook)))


def rules(settings: Settings) -> Rulebook:
    """Load the built-in rule table and the user's additions.

    Raises:
        RuleError: a rule file is wrong.
        ConfigError: a parameter of fastdiag.yaml is.

    """
    table = load_rulebook(builtin_rules(), settings.rules)
    parameters = table.parameters
    problems = Problems(ConfigError, "the parameters")
    for name, written in settings.parameters.items():
        try:
            parameters = override(parameters, {name: written.text})
        except ConfigError as error:
            problems.note(written.place, error.message, error.hint)
    problems.raise_any()
    return replace(table, parameters=parameters)


def assemble(
    gathered: Sequence[Gathered], target: Target, rulebook: Rulebook, settings: Settings
) -> Snapshot:
    """Make one snapshot of what the sources brought: the best reading of each signal, masked."""
    catalogue = rulebook.catalogue
    everything = [reading for source in gathered for reading in source.readings.values()]
    best, also = _choose(everything, catalogue)
    attributed = attribute(best, catalogue)
    readings = best | {name: value for name, value in attributed.items() if isinstance(value, Reading)}
    unattributed = {name: value for name, value in attributed.items() if isinstance(value, Missing)}
    missing = _missing(gathered, catalogue, readings) | unattributed
    taken = Snapshot(
        service=target.service or (target.local.app if target.local else None) or "unknown",
        taken_at=_moment(target.at),
        window_s=target.window_s,
        readings=readings,
        missing=missing,
        sources=tuple(_with_origin(source.state, target) for source in gathered),
        parameters={name: str(value) for name, value in rulebook.parameters.items()},
        also=also,
        observed=settings.observed,
        fastdiag=__version__,
    )
    return redact(taken, target.secrets)


def _moment(at: float | None) -> str:
    """Return the moment that was looked at, which is now unless somebody asked for the past."""
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _collectors(settings: Settings) -> dict[str, Collector]:
    """Return the collectors to run; those that only know the present say so when the past is asked for."""
    is_past = settings.at is not None
    return {
        name: _no_past if is_past and name != KEEPS_THE_PAST else _collector(name)
        for name in settings.sources
    }


def _no_past(_target: Target, _sink: Sink) -> None:
    raise SourceSkipped(NO_PAST)


def _collector(name: str) -> Collector:
    """Return a collector whose module is imported in its own thread: the clients are slow to import."""

    def collect(target: Target, sink: Sink) -> None:
        importlib.import_module(f"fastdiag.collectors.{name}").collect(target, sink)

    return collect


def _choose(
    readings: Iterable[Reading], catalogue: Catalogue
) -> tuple[dict[str, Reading], tuple[Reading, ...]]:
    """Return the best reading of every signal, and the others: a trusted one before a biased one."""
    ordered = sorted(readings, key=partial(_preference, catalogue))
    best: dict[str, Reading] = {}
    also: list[Reading] = []
    for reading in ordered:
        if reading.signal in best:
            also.append(reading)
        else:
            best[reading.signal] = reading
    return dict(sorted(best.items())), tuple(also)


def _preference(catalogue: Catalogue, reading: Reading) -> tuple[str, bool, int]:
    place = _place(catalogue.signals[reading.signal].collectors, reading.source)
    return reading.signal, not reading.is_trusted, place


def _place(collectors: Sequence[str], name: str) -> int:
    """Return the place of a source in the order of preference; behind all others where it has none."""
    return collectors.index(name) if name in collectors else len(collectors)


def _missing(
    gathered: Iterable[Gathered], catalogue: Catalogue, readings: dict[str, Reading]
) -> dict[str, Missing]:
    """Return why each signal without a reading is missing: of several reasons the most useful one."""
    sources = list(gathered)
    reasons: dict[str, Missing] = {}
    for signal in catalogue.signals.values():
        if signal.id in readings or signal.formula:
            continue
        asked = [source for source in sources if signal.id in source.missing]
        asked.sort(key=lambda source: _place(signal.collectors, source.state.name))  # who knows best tells
        given = [source.missing[signal.id] for source in asked]
        unasked = Missing(Reason.NOT_CONFIGURED, f"not asked: {', '.join(signal.collectors)}")
        reasons[signal.id] = min(given, key=lambda why: REASONS.index(why.reason), default=unasked)
    return reasons


def _with_origin(state: SourceState, target: Target) -> SourceState:
    """Say where a discovered target came from, so that nobody wonders what was looked at."""
    origin = origin_of(state.name, target)
    if state.status is SourceStatus.SKIPPED or not origin or origin.startswith("--"):
        return state
    return replace(state, target=f"{state.target or '?'} ({origin})")


def _notes(saved: Snapshot, defaults: Mapping[str, str], rulebook: Rulebook) -> Iterator[str]:
    """Say what a replay does that its reader may not expect."""
    for name, text in defaults.items():
        own = saved.parameters.get(name, text)
        if own != text:
            yield f"{name} is {own} as in the snapshot, not {text} as in the rules of today"
    known = [symptom.id for symptom in rulebook.symptoms]
    for word in saved.observed:
        if word not in known:
            yield f"the snapshot reports {word!r}, a symptom that the rules do not have"


def _check_observed(observed: Sequence[str], rulebook: Rulebook) -> None:
    known = [symptom.id for symptom in rulebook.symptoms]
    for word in observed:
        if word not in known:
            hint = nearest(word, known) or f"there are {', '.join(known)}"
            raise ConfigError(f"--symptom: there is no symptom {word!r}", hint=hint)


def _slow(parameter: Quantity | None) -> float:
    return parameter.value if parameter else Target().slow_s
