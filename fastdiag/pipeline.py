"""The whole story on one page: load the rules, find and ask the sources, judge what they say.

Who looks at a failing service waits for the answer. So nothing is loaded before the sources are asked but
what it takes to ask them; what judges is loaded while they are out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from fastdiag.collectors.gather import gather
from fastdiag.collectors.sink import Collector, Sink, SourceSkipped
from fastdiag.config import KEEP_THE_PAST, Settings
from fastdiag.discovery import Found, discover
from fastdiag.errors import ConfigError, SnapshotError, nearest
from fastdiag.located.problems import Problems
from fastdiag.model.quantity import Quantity
from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot
from fastdiag.model.target import NO_PAST, Target
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.groundwork import load_groundwork
from fastdiag.rulebook.parameters import override

if TYPE_CHECKING:
    from fastdiag.model.diagnosis import Diagnosis
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.survey import Survey

Progress = Callable[[str], None]
JUDGES: Final = ("fastdiag.discovery.assemble", "fastdiag.engine.diagnose")
"""What is needed only when the sources are home, and loaded while they are out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A diagnosis, and what a person should know of how its sources were chosen.

    ``target`` is what was looked at; None for a replay.
    """

    diagnosis: Diagnosis
    rulebook: Rulebook
    notes: tuple[str, ...]
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rule table as far as it must be known before sources are asked; ``whole`` gives all of it."""

    catalogue: Catalogue
    parameters: Mapping[str, Quantity]
    whole: Callable[[], Rulebook]

    @property
    def slow_s(self) -> float:
        """From how many seconds on a user calls the service slow."""
        slow = self.parameters.get("slow")
        return slow.value if slow else Target().slow_s


def snapshot(
    settings: Settings,
    progress: Progress = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
    table: Table | None = None,
) -> Outcome:
    """Collect from all sources within the deadline and diagnose. The main job.

    ``meanwhile`` is called while the sources are out: the time to load what shows the outcome. Who looks
    again and again hands in the ``table`` that he has opened for these settings.
    """
    table = table or open_table(settings)
    observed = _observed(settings.observed, table) if settings.observed else ()

    def get_ready() -> None:
        table.whole()
        for module in JUDGES:
            importlib.import_module(module)
        meanwhile()

    progress("looking for the service")
    found = discover(settings, slow_s=table.slow_s)
    gathered = gather(found.target, table.catalogue, _collectors(settings), progress, get_ready)
    progress("weighing the evidence")
    from fastdiag.discovery.assemble import assemble  # noqa: PLC0415 - see above

    taken = assemble(gathered, found.target, table.catalogue, table.parameters, observed)
    judged = _judged(taken, table.whole(), (*settings.notes, *found.notes))
    return replace(judged, target=found.target)


def find(settings: Settings) -> Found:
    """Look for the service and what it depends on; no source is asked."""
    return discover(settings, slow_s=Target().slow_s)


def survey(settings: Settings, progress: Progress = lambda _: None) -> Survey:
    """Ask every source as a snapshot does, and tell what each yields, lacks and would take."""
    table = open_table(settings)
    progress("looking for the service")
    found = discover(settings, slow_s=table.slow_s)
    gathered = gather(found.target, table.catalogue, _collectors(settings), progress)
    from fastdiag.discovery.stock import take_stock  # noqa: PLC0415 - see above

    config = str(settings.config) if settings.config else None
    notes = (*settings.notes, *found.notes)
    return take_stock(gathered, found.target, table.catalogue, config, notes)


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
    observed = tuple(rulebook.current(word) for word in saved.observed)
    complete = replace(saved, parameters={**defaults, **saved.parameters}, observed=observed)
    return _judged(complete, rulebook, tuple(_notes(saved, defaults, rulebook)))


def rules(settings: Settings) -> Rulebook:
    """Load the built-in rule table and the user's additions.

    Raises:
        RuleError: a rule file is wrong.
        ConfigError: a parameter of fastdiag.yaml is.

    """
    from fastdiag.rulebook.load import load_rulebook  # noqa: PLC0415 - see above

    table = load_rulebook(builtin_rules(), settings.rules)
    return replace(table, parameters=_parameters(settings, table.parameters))


def open_table(settings: Settings) -> Table:
    """Load of the table what the sources are asked for; with rules of one's own all, for the sake of faults.

    Raises like ``rules``: what a user has written wrong is told before anything is asked.
    """
    if settings.rules:
        book = rules(settings)
        return Table(book.catalogue, book.parameters, lambda: book)
    ground = load_groundwork(builtin_rules())
    parameters = _parameters(settings, ground.parameters)

    @cache
    def whole() -> Rulebook:
        from fastdiag.rulebook.load import complete_rulebook  # noqa: PLC0415 - see above

        return replace(complete_rulebook(builtin_rules(), ground), parameters=parameters)

    return Table(ground.catalogue, parameters, whole)


def _parameters(settings: Settings, parameters: Mapping[str, Quantity]) -> Mapping[str, Quantity]:
    """Return the parameters with the user's values, or tell all that do not fit."""
    problems = Problems(ConfigError, "the parameters")
    for name, written in settings.parameters.items():
        try:
            parameters = override(parameters, {name: written.text})
        except ConfigError as error:
            problems.note(written.place, error.message, error.hint)
    problems.raise_any()
    return parameters


def _judged(taken: Snapshot, rulebook: Rulebook, notes: tuple[str, ...]) -> Outcome:
    from fastdiag.engine.diagnose import diagnose  # noqa: PLC0415 - see above

    return Outcome(diagnose(taken, rulebook), rulebook, notes)


def _collectors(settings: Settings) -> dict[str, Collector]:
    """Return the collectors to run; those that only know the present say so when the past is asked for."""
    is_past = settings.at is not None
    return {
        name: _no_past if is_past and name not in KEEP_THE_PAST else _collector(name)
        for name in settings.sources
    }


def _no_past(_target: Target, _sink: Sink) -> None:
    raise SourceSkipped(NO_PAST)


def _collector(name: str) -> Collector:
    """Return a collector whose module is imported in its own thread: the clients are slow to import."""

    def collect(target: Target, sink: Sink) -> None:
        importlib.import_module(f"fastdiag.collectors.{name}").collect(target, sink)

    return collect


def _notes(saved: Snapshot, defaults: Mapping[str, str], rulebook: Rulebook) -> Iterator[str]:
    """Say what a replay does that its reader may not expect."""
    for name, text in defaults.items():
        own = saved.parameters.get(name, text)
        if own != text:
            yield f"{name} is {own} as in the snapshot, not {text} as in the rules of today"
    known = [symptom.id for symptom in rulebook.symptoms]
    for word in saved.observed:
        if rulebook.current(word) not in known:
            yield f"the snapshot reports {word!r}, a symptom that the rules do not have"


def _observed(words: Sequence[str], table: Table) -> tuple[str, ...]:
    """Return the symptoms that a person has seen, by the ids that they have now."""
    rulebook = table.whole()
    known = [symptom.id for symptom in rulebook.symptoms]
    for word in words:
        if rulebook.current(word) not in known:
            hint = nearest(word, known) or f"there are {', '.join(known)}"
            raise ConfigError(f"--symptom: there is no symptom {word!r}", hint=hint)
    return tuple(rulebook.current(word) for word in words)
