"""What `fastdiag audit` leaves out and when it fails: options, and what fastdiag.yaml says in their place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastdiag.cli.audit_options import Gate

if TYPE_CHECKING:
    from fastdiag.config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was typed, or stands in the file where nothing was typed; ``names`` are the checks to tell."""

    names: frozenset[str]
    exclude: tuple[str, ...]
    fail_on: Gate | None
    baseline: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The options as they were typed."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    exclude: Sequence[str] = ()
    fail_on: Gate | None = None
    baseline: Path | None = None
    writes_baseline: bool = False
    live: bool = False


def choices(typed: Typed, settings: Settings, checks: Collection[str]) -> Choices:
    """Return what holds. --only asks for what the file skips, and --live answers from all checks.

    Raises:
        FastdiagError: there is no such check.

    """
    from fastdiag.audit.choice import wanted  # noqa: PLC0415 - --help must not load the whole program

    skipped = _skipped(settings, checks)
    kept = () if typed.only or typed.live else skipped
    file = settings.audit
    return Choices(
        names=wanted(checks, typed.only, (*kept, *typed.skip)),
        exclude=(*file.exclude, *typed.exclude),
        fail_on=typed.fail_on or (Gate(file.fail_on.value) if file.fail_on else None),
        baseline=typed.baseline or _of_file(file.baseline, writes=typed.writes_baseline),
    )


def _of_file(baseline: Path | None, *, writes: bool) -> Path | None:
    """Return the file's baseline; the first one may be named before it is written."""
    return None if writes and baseline is not None and not baseline.exists() else baseline


def _skipped(settings: Settings, checks: Collection[str]) -> tuple[str, ...]:
    """Return the checks that the file skips; each must be one."""
    from fastdiag.errors import ConfigError, nearest  # noqa: PLC0415 - likewise
    from fastdiag.located.problems import Problems  # noqa: PLC0415 - likewise

    problems = Problems(ConfigError, str(settings.config))
    for one in settings.audit.skip:
        if one.text not in checks:
            hint = nearest(one.text, checks) or "`fastdiag audit --list` names all"
            problems.note(one.place, f"there is no check {one.text!r}", hint)
    problems.raise_any()
    return tuple(one.text for one in settings.audit.skip)
