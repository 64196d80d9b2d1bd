"""Whether a trigger gets a snapshot of its own, by what was taken before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.record_limits import HOUR_S, Limits
from fastdiag.recorder.index import Entry, digests
from fastdiag.recorder.recording import Declined, Refusal, Trigger
from fastdiag.render.words import count


def admit(trigger: Trigger, entries: Sequence[Entry], limits: Limits, now: float) -> Declined | None:
    """Return why a trigger is declined, or None when a snapshot is to be taken for it.

    Entries that lie in the future bind nobody: the clock was set back.
    """
    known = sorted((one for one in entries if one.at <= now), key=lambda one: one.at)
    return (
        _too_soon(trigger, known, limits, now)
        or _repeated(trigger, known, limits, now)
        or _too_many(trigger, known, limits, now)
    )


def _too_soon(trigger: Trigger, known: Sequence[Entry], limits: Limits, now: float) -> Declined | None:
    last = known[-1] if known else None
    if last is None or now - last.at >= limits.gap_s:
        return None
    ago = format_value(now - last.at, Unit.SECONDS)
    return Declined(
        trigger=trigger,
        refusal=Refusal.FAILED if last.failed else Refusal.RECENT,
        said=f"the snapshot of {ago} ago failed: {last.failed}"
        if last.failed
        else f"{last.file} was taken {ago} ago and covers it",
        again_s=limits.gap_s - (now - last.at),
    )


def _repeated(trigger: Trigger, known: Sequence[Entry], limits: Limits, now: float) -> Declined | None:
    """Decline what has its snapshot; one new key among those of a trigger is news."""
    recent = [one for one in known if not one.failed and now - one.at < limits.repeat_s]
    seen = {key: one for one in recent for key in one.keys}  # the latest of each
    keys = digests(trigger)
    if not keys or any(key not in seen for key in keys):
        return None
    oldest = min((seen[key] for key in keys), key=lambda one: one.at)
    ago = format_value(now - oldest.at, Unit.SECONDS)
    return Declined(
        trigger=trigger,
        refusal=Refusal.REPEATED,
        said=f"it has its snapshot: {oldest.file}, {ago} ago",
        again_s=limits.repeat_s - (now - oldest.at),
    )


def _too_many(trigger: Trigger, known: Sequence[Entry], limits: Limits, now: float) -> Declined | None:
    recent = [one for one in known if now - one.at < HOUR_S]
    if len(recent) < limits.per_hour:
        return None
    return Declined(
        trigger=trigger,
        refusal=Refusal.BUDGET,
        said=f"{count(len(recent), 'snapshot')} within the hour: that is the limit",
        again_s=HOUR_S - (now - recent[-limits.per_hour].at),
    )
