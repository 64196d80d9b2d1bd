"""All sources at once, under one deadline.

Daemon threads and not asyncio or an executor: the clients are synchronous, and a black-holed call must
not outlive the deadline. Both others wait for the call when the process ends; a daemon thread does not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.sink import Collector, Sink, SourceFailed, SourceSkipped
from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Catalogue, Missing, Reading, Reason
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.model.target import Target

GRACE_S: Final = 0.15
GRACE_SHARE: Final = 0.1
"""So much before the deadline the collectors' own time is up: they need it to give up and to come home."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one source brought home, or why it did not."""

    state: SourceState
    readings: Mapping[str, Reading]
    missing: Mapping[str, Missing]
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True)
class _Errand:
    """One collector on its way in its own thread."""

    name: str
    sink: Sink
    started: float
    ended: float | None = None
    failure: SourceFailed | None = None

    def run(self, collect: Collector, target: Target, done: threading.Semaphore) -> None:
        try:
            collect(target, self.sink)
        except SourceFailed as failure:
            self.failure = failure
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one source's fault must never cost the others
            self.failure = SourceFailed(
                Reason.FAILED,
                f"{type(error).__name__}: {error}",
                hint="this is a defect of fastdiag: please report it",
            )
        finally:
            self.ended = time.monotonic()
            done.release()


def gather(
    target: Target,
    catalogue: Catalogue,
    collectors: Mapping[str, Collector],
    progress: Progress = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> tuple[Gathered, ...]:
    """Run every collector in its own thread and return what each brought home by the deadline.

    The result is in the order of ``collectors``. Nothing is raised for a source that fails. ``meanwhile`` is
    called once, while they are out: for work that does not need them, and that has to be done in any case.
    """
    done = threading.Semaphore(0)
    until = time.monotonic() + target.deadline_s
    deadline = until - min(GRACE_S, GRACE_SHARE * target.deadline_s)
    errands = [
        _start(name, collect, target, catalogue, deadline, done) for name, collect in collectors.items()
    ]
    progress(_out(errands))
    meanwhile()
    _wait(errands, until, done, progress)
    return tuple(_bring_home(errand, target.deadline_s) for errand in errands)


def _start(  # noqa: PLR0913 - the thread's whole luggage
    name: str,
    collect: Collector,
    target: Target,
    catalogue: Catalogue,
    deadline: float,
    done: threading.Semaphore,
) -> _Errand:
    errand = _Errand(name, Sink(name, catalogue, deadline), time.monotonic())
    thread = threading.Thread(
        target=errand.run, args=(collect, target, done), name=f"collect-{name}", daemon=True
    )
    try:
        thread.start()
    except RuntimeError as error:  # the limit on processes of this user or control group is reached
        errand.failure = SourceFailed(
            Reason.FAILED, f"no thread for it: {error}", hint="raise the pids limit"
        )
        errand.ended = time.monotonic()
        done.release()
    return errand


def _wait(errands: Iterable[_Errand], until: float, done: threading.Semaphore, progress: Progress) -> None:
    """Wait until all have ended or time is up, telling which are still out."""
    waiting = list(errands)
    while waiting:
        progress(_out(waiting))
        if not done.acquire(timeout=max(0.0, until - time.monotonic())):
            return
        waiting = [errand for errand in waiting if errand.ended is None]


def _out(waiting: Iterable[_Errand]) -> str:
    return f"collecting: {', '.join(errand.name for errand in waiting)}"


def _bring_home(errand: _Errand, deadline_s: float) -> Gathered:
    is_late = errand.ended is None  # asked first: what it writes until the sink closes is still taken
    readings, missing = errand.sink.close()
    failure = errand.failure
    if is_late:
        failure = SourceFailed(
            Reason.TIMED_OUT,
            f"no answer within {deadline_s:g} s",
            hint="raise --deadline, or look whether the source itself hangs",
        )
    owed = _owed(errand.sink.catalogue, errand.name, readings, missing, failure)
    seconds = (errand.ended or time.monotonic()) - errand.started
    state = _state(errand, failure, len(readings), seconds)
    return Gathered(state, readings, {**owed, **missing}, tuple(errand.sink.doubts))


def _owed(
    catalogue: Catalogue,
    source: str,
    readings: Mapping[str, Reading],
    missing: Mapping[str, Missing],
    failure: SourceFailed | None,
) -> dict[str, Missing]:
    """Give a reason to every signal that the source may yield and said nothing about."""
    verdict = (
        Missing(failure.reason, f"{source}: {failure.detail}")
        if failure
        else Missing(Reason.ABSENT, f"{source} does not expose it")
    )
    return {s.id: verdict for s in catalogue.of(source) if s.id not in readings and s.id not in missing}


def _state(errand: _Errand, failure: SourceFailed | None, readings: int, seconds: float) -> SourceState:
    sink = errand.sink
    problems = [failure.detail] if failure else []
    problems += sink.problems
    return SourceState(
        name=errand.name,
        status=_status(failure, readings, bool(sink.problems)),
        target=sink.target,
        readings=readings,
        seconds=round(seconds, 3),
        requests=sink.requests,
        error="; ".join(problems) or None,
        hint=(failure.hint if failure else None) or sink.hint,
    )


def _status(failure: SourceFailed | None, readings: int, has_problems: bool) -> SourceStatus:
    if isinstance(failure, SourceSkipped):
        return SourceStatus.SKIPPED
    if failure and not readings:
        return SourceStatus.FAILED
    return SourceStatus.PARTIAL if failure or has_problems else SourceStatus.OK
