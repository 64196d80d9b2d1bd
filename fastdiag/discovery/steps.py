"""What to grant or to set so that a source tells more: exact SQL, exact options, never more than needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fastdiag.collectors.gather import Gathered
from fastdiag.collectors.postgres.grants import quoted_in
from fastdiag.model.signal import Catalogue, CollectorSource, Missing, Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.survey import Step
from fastdiag.model.target import Target

OPTIONS: Final = {
    "prometheus": "--prometheus http://HOST:9090",
    "scrape": "--metrics-url http://HOST:8000/metrics",
    "postgres": "--postgres postgresql://USER@HOST:5432/DATABASE",
    "pgbouncer": "--pgbouncer postgresql://USER@HOST:6432/pgbouncer",
    "processes": "--pid PID",
    "stacks": "--stacks",
    "host": "--pid PID",
    "workers": "--pid PID",
    "queue": "--queue redis://HOST:6379/0",
    "cache": "--cache redis://HOST:6379/0",
    "logs": "--log FILE",
    "probe": "--app-url http://HOST:8000",
}
"""The option that points a source at something."""
AS_ROOT: Final = "sudo fastdiag sources"
SPEAKS_SQL: Final = "postgres"
DEFECT: Final = "defect of fastdiag"
_NEEDS_ROOT: Final = "root"


def steps_for(source: Gathered, target: Target, catalogue: Catalogue, seen: frozenset[str]) -> Iterator[Step]:
    """Yield the steps in the order in which to try them; none for a source that told all it can.

    ``seen`` are the signals that some source yields already: only what is new counts.
    """
    state = source.state
    gain = tuple(sorted(signal for signal in source.missing if signal not in seen))
    if state.status is SourceStatus.SKIPPED:
        if target.at is None:
            yield Step(do=OPTIONS[state.name], is_exact=True, why=state.error or "", signals=gain)
        return
    if state.name == SPEAKS_SQL:  # what other sources quote is nothing to run on a database
        yield from _of_sql(source.missing, gain)
    rooted = [name for name in source.missing if _takes_root(name, source, catalogue)]
    if rooted:
        why = source.missing[rooted[0]].detail
        yield Step(do=AS_ROOT, is_exact=True, why=why, signals=_among(rooted, gain))
    if state.hint and not _is_told(state.hint, source.missing):
        is_ours = DEFECT in state.hint
        named = () if rooted or is_ours else gain
        yield Step(do=state.hint, is_exact=False, why=state.error or "", signals=named)


def _is_told(hint: str, missing: Mapping[str, Missing]) -> bool:
    """Whether a hint only repeats statements of the missing signals."""
    told = set(quoted_in([why.detail for why in missing.values()]))
    return bool(statements := quoted_in([hint])) and told.issuperset(statements)


def _of_sql(missing: Mapping[str, Missing], gain: tuple[str, ...]) -> Iterator[Step]:
    """Yield what the details of missing signals tell the reader to run on the database."""
    concerned: dict[str, list[str]] = {}
    for name, why in missing.items():
        if quoted_in([why.detail]):
            concerned.setdefault(why.detail, []).append(name)
    for detail, names in concerned.items():
        statements = quoted_in([detail])
        reason = detail[: detail.index(statements[0])].rstrip(": ")
        restart = "; restart the server after ALTER SYSTEM" if "restart" in detail else ""
        yield Step(
            do="\n".join(statements), is_exact=True, why=f"{reason}{restart}", signals=_among(names, gain)
        )


def _takes_root(signal: str, source: Gathered, catalogue: Catalogue) -> bool:
    known = catalogue.signals.get(signal)
    if known is None or source.missing[signal].reason is not Reason.DENIED:
        return False
    ours = (s for s in known.sources if isinstance(s, CollectorSource) and s.collector == source.state.name)
    return any(_NEEDS_ROOT in (one.needs or "") for one in ours)


def _among(names: Iterable[str], gain: tuple[str, ...]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(name for name in gain if name in wanted)
