"""Where the flight recorder keeps snapshots and how many: --record wins over fastdiag.yaml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.checks import Given
from fastdiag.config.file import ConfigFile
from fastdiag.config.references import expand
from fastdiag.config.written import Written
from fastdiag.model.quantity import Unit, format_value, parse_quantity
from fastdiag.model.record_limits import DAY_S, HOUR_S, MIB_BYTES, Limits

MIN_SIZE_BYTES: Final = 16 * MIB_BYTES
"""Twice the largest snapshot that can be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Where recordings are kept, None for the default place, and how much of them."""

    directory: Path | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Amount:
    """What a key under `record:` may say."""

    field: str
    unit: Unit
    least: float
    most: float


_AMOUNTS: Final = {
    "snapshots": _Amount("snapshots", Unit.COUNT, 1, 100_000),
    "size": _Amount("bytes", Unit.BYTES, MIN_SIZE_BYTES, 2**40),
    "age": _Amount("age_s", Unit.SECONDS, HOUR_S, 3660 * DAY_S),
    "gap": _Amount("gap_s", Unit.SECONDS, 10, DAY_S),
    "repeat": _Amount("repeat_s", Unit.SECONDS, 10, 30 * DAY_S),
    "per_hour": _Amount("per_hour", Unit.COUNT, 1, 360),
}


def check_recordings(
    file: ConfigFile, directory: Path | None, environ: Mapping[str, str] | None = None
) -> Recordings:
    """Return where and how much is recorded; ``directory`` is what was typed, which wins.

    Raises:
        ConfigError: an amount that makes no sense, a reference to a variable that is not set.

    """
    given = given_of("record", file.record.record, file, os.environ if environ is None else environ)
    amounts = {
        _AMOUNTS[name].field: _amount(one, _AMOUNTS[name]) for name, one in given.items() if name in _AMOUNTS
    }
    return Recordings(directory=directory or path_of(given.get("directory"), file), limits=_limits(amounts))


def given_of(
    section: str, written: Mapping[str, Written], file: ConfigFile, environ: Mapping[str, str]
) -> dict[str, Given]:
    """Return what a section says, by its keys. Raise ConfigError: a variable that it names is not set."""
    return {
        name: Given(
            text=expand(one, environ), option=f"{section}.{name}", origin=str(file.path), where=str(one.place)
        )
        for name, one in written.items()
    }


def path_of(given: Given | None, file: ConfigFile) -> Path | None:
    """Return a path of the file, which begins beside it."""
    if given is None:
        return None
    folder = file.path.parent if file.path else Path()
    try:
        return folder / Path(given.text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        return folder / given.text


def _amount(given: Given, amount: _Amount) -> float:
    try:
        quantity = parse_quantity(given.text)
    except ValueError as error:
        raise given.error(f"makes no sense: {error}") from None
    is_bare = quantity.unit is None
    if not quantity.fits(amount.unit) or is_bare != (amount.unit is Unit.COUNT):
        example = {Unit.BYTES: "256MiB", Unit.SECONDS: "15m", Unit.COUNT: "12"}[amount.unit]
        raise given.error(f"is {given.text!r}, which does not fit", f"write it like {example}")
    if not amount.least <= quantity.value <= amount.most:
        bounds = " to ".join(format_value(bound, amount.unit) for bound in (amount.least, amount.most))
        raise given.error(f"must be {bounds}, and is {given.text!r}")
    return quantity.value


def _limits(amounts: Mapping[str, float]) -> Limits:
    default = Limits()
    return Limits(
        snapshots=int(amounts.get("snapshots", default.snapshots)),
        bytes=int(amounts.get("bytes", default.bytes)),
        age_s=amounts.get("age_s", default.age_s),
        gap_s=amounts.get("gap_s", default.gap_s),
        repeat_s=amounts.get("repeat_s", default.repeat_s),
        per_hour=int(amounts.get("per_hour", default.per_hour)),
    )
