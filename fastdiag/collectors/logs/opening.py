"""From the places that the target names to logs, and the two looks at them, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.logs.journal import JournalLog
from fastdiag.collectors.logs.lines import Batch, Log
from fastdiag.collectors.logs.stdin import open_stdin
from fastdiag.collectors.logs.tail import FileLog
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.log_place import LogFile, LogPlace, LogStdin, LogStore, LogUnit, LokiQuery
from fastdiag.model.signal import Reason
from fastdiag.model.target import NO_PAST, Target

MAX_LOGS: Final = 8
SPARE_S: Final = 0.5
"""Kept back from the time left, for judging what was read."""
MARGIN_S: Final = 0.1
"""By so much earlier each look gives up by itself, so that it can still say what it waited for."""
MIN_LOOK_BACK_S: Final = 3600.0
"""How far back a store is asked that knows the time of each line: what broke a service need not be of the
last minutes. The newest lines come first, so that this costs no more where there are many."""
_HINT: Final = "--log FILE, --log journal:UNIT, or `kubectl logs POD | fastdiag snapshot --log -`"
_PAST_HINT: Final = "--log journal:UNIT, or a query to Loki, can be asked about another moment"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at one log showed."""

    log: Log
    batch: Batch


@contextmanager
def open_logs(target: Target, sink: Sink) -> Iterator[tuple[Log, ...]]:
    """Give the logs of the target, and let go of them in the end; nothing of them is read yet.

    Raises:
        SourceSkipped: none is known, or none that keeps the past where that is asked for.

    """
    places = target.logs
    lost = target.lost_output
    if lost and lost.reason is Reason.DENIED:
        raise SourceFailed(lost.reason, lost.detail, hint=f"run as the service's user or as root, or {_HINT}")
    if not places and target.at is None:
        raise SourceSkipped(lost.detail if lost else "no log is known", hint=_HINT)
    if target.at is not None:
        places = tuple(place for place in places if isinstance(place, LogStore))
        if not places:
            raise SourceSkipped(NO_PAST, hint=_PAST_HINT)
    if len(places) > MAX_LOGS:
        sink.problem(f"only {MAX_LOGS} of {len(places)} logs were read", hint="--log names those to read")
    logs = tuple(_log(place, target, sink) for place in places[:MAX_LOGS])
    sink.target = ", ".join(log.name for log in logs)
    with ExitStack() as stack:
        for log in logs:
            stack.callback(log.close)
        yield logs


def look_first(logs: Sequence[Log], sink: Sink) -> tuple[Look, ...]:
    """Return the end of each log; one that cannot be read is a problem of the source.

    Raises:
        SourceFailed: none can be read; the reason is the first one's.

    """
    return _looks(logs, [log.first for log in logs], sink)


def look_again(looks: Sequence[Look], sink: Sink) -> tuple[Look, ...]:
    """Return what was added since to the logs that could be read; without those that cannot tell."""
    return _looks([look.log for look in looks], [look.log.more for look in looks], sink) if looks else ()


def _looks(logs: Sequence[Log], calls: Sequence[Callable[[], Batch | None]], sink: Sink) -> tuple[Look, ...]:
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    sink.requests += len(calls)
    found: list[Look] = []
    failures: list[tuple[Log, SourceFailed]] = []
    for log, result in zip(logs, run_all(calls, until), strict=True):
        if isinstance(result, SourceFailed):
            failures.append((log, result))
        elif result is not None:
            found.append(Look(log, result))
    if failures and len(failures) == len(logs):
        log, failure = failures[0]
        raise SourceFailed(failure.reason, f"{log.name}: {failure.detail}", hint=failure.hint)
    for log, failure in failures:
        sink.problem(f"{log.name}: {failure.detail}", hint=failure.hint)
    return tuple(found)


def _log(place: LogPlace, target: Target, sink: Sink) -> Log:
    until = target.at
    since = (until or time.time()) - max(target.window_s, MIN_LOOK_BACK_S)
    deadline = time.monotonic() + max(0.0, sink.remaining() - SPARE_S - MARGIN_S)
    match place:
        case LogFile(path=path, name=name, is_live=is_live):
            names = [one.name for one in target.logs if isinstance(one, LogFile)]
            # Two containers may call theirs the same.
            return FileLog(path=path, name=name if names.count(name) == 1 else str(path), is_live=is_live)
        case LogStdin():
            return open_stdin(min(target.sample_gap_s, deadline - time.monotonic()), sink.problem)
        case LogUnit():
            return JournalLog(unit=place, since=since, until=until, deadline=deadline)
        case LokiQuery(query=query):
            return _loki(target, query, since, deadline)


def _loki(target: Target, query: str, since: float, deadline: float) -> Log:
    from fastdiag.collectors.http_address import Address  # noqa: PLC0415 - with it
    from fastdiag.collectors.logs.loki import LokiLog  # noqa: PLC0415 - 0.2 s of imports

    if target.loki is None:  # settings do not let a query pass without a server
        raise SourceFailed(Reason.NOT_CONFIGURED, "no Loki is known", hint="set LOKI_ADDR")
    return LokiLog(
        address=Address.of(target.loki, "Loki", "http://loki:3100"),
        access=target.loki_access,
        query=query,
        since=since,
        until=target.at or time.time(),
        deadline=deadline,
    )
