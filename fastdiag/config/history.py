"""Where earlier diagnoses are kept: --history wins over fastdiag.yaml, that over FASTDIAG_HISTORY."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastdiag.config.checks import Given, check_dsn, check_duration, is_postgres_url
from fastdiag.config.file import ConfigFile
from fastdiag.config.history_file import OFF
from fastdiag.config.references import expand, names_in
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.model.history_place import HistoryPlace, Keep
from fastdiag.model.quantity import Unit, format_value, parse_quantity
from fastdiag.model.target import Secret

VARIABLE: Final = "FASTDIAG_HISTORY"
MIN_KEEP_S: Final = 3600.0
MAX_KEEP_S: Final = 3660 * 86400.0
MIN_KEEP_BYTES: Final = 1_000_000
"""Room for a hundred runs; less would lose what the next report compares with."""
MAX_KEEP_BYTES: Final = 10**12
_WHAT: Final = "a path, a PostgreSQL DSN or off"
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_KEY_VALUES: Final = re.compile(r"(?:host|hostaddr|service|dbname|user|port)\s*=", re.IGNORECASE)
"""How a DSN of libpq begins that is no URL; a path hardly does."""
_SIZE_HINT: Final = "write a size such as 250MB or 1GiB"


def check_history(typed: str | None, file: ConfigFile, environ: Mapping[str, str]) -> HistoryPlace | None:
    """Return where and how much is kept; None where there is to be no history.

    Raises:
        ConfigError: a place or an amount that makes no sense, a reference to a variable that is not set.

    """
    age = _of_file(file.history.keep, "keep", file, environ)
    keep = check_keep(age, _of_file(file.history.size, "size", file, environ))
    given = _given(typed, file, environ)
    if given is None:
        return HistoryPlace(keep=keep)
    text = given.text.strip()
    if text.lower() == OFF:
        return None
    return HistoryPlace(store=_store(given, text), keep=keep)


def find_history(
    typed: str | None, file: ConfigFile, environ: Mapping[str, str]
) -> tuple[HistoryPlace | None, tuple[str, ...]]:
    """Return the same for who can do without, and notes: what is not set costs the history and no more.

    Raises like ``check_history``.
    """
    store = file.history.store
    unset = [name for name in names_in(store.text) if not environ.get(name)] if store else []
    if typed is None and store and unset:
        return None, (f"no history is kept: {store.place}: environment variable {unset[0]} is not set",)
    return check_history(typed, file, environ), ()


def check_keep(age: Given | None, size: Given | None, default: Keep | None = None) -> Keep:
    """Return how long and how much is kept. Raise ConfigError when one of them makes no sense."""
    default = default or Keep()
    age_s = check_duration(age, default_s=default.age_s, least_s=MIN_KEEP_S, most_s=MAX_KEEP_S)
    return Keep(age_s=age_s, size_bytes=default.size_bytes if size is None else _size(size))


def _given(typed: str | None, file: ConfigFile, environ: Mapping[str, str]) -> Given | None:
    if typed is not None:
        if not typed.strip():
            raise ConfigError("--history is empty", hint=f"{_WHAT}, or leave it out")
        return Given(text=typed, option="--history", origin="--history")
    if file.history.store is not None:
        return _of_file(file.history.store, "history", file, environ)
    text = environ.get(VARIABLE, "")
    return Given(text=text, option="--history", origin=VARIABLE) if text.strip() else None


def _of_file(one: Written | None, name: str, file: ConfigFile, environ: Mapping[str, str]) -> Given | None:
    if one is None:
        return None
    text = expand(one, environ)
    return Given(text=text, option=f"--{name}", origin=str(file.path), where=str(one.place))


def _store(given: Given, text: str) -> Path | Secret | None:
    if is_postgres_url(text) or _KEY_VALUES.match(text):
        return check_dsn(given)
    if _SCHEME.match(text):
        raise given.error(
            f"must be {_WHAT}: it is another kind of URL", "such as postgresql://USER@HOST/DATABASE"
        )
    folder = Path(given.origin).parent if given.where else Path()
    try:
        path = folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        path = folder / text
    if os.path.isdir(path) or text.endswith("/"):  # noqa: PTH112 - unlike Path's, it raises nothing
        raise given.error(f"is a folder: {text}", f"name the file: {Path(text) / 'history.sqlite'}")
    return path.absolute()


def _size(given: Given) -> int:
    try:
        quantity = parse_quantity(given.text)
    except ValueError as error:
        raise given.error(f"makes no sense: {error}", _SIZE_HINT) from None
    if quantity.unit is not Unit.BYTES:
        raise given.error(f"must be a size, and is {given.text!r}", _SIZE_HINT)
    if not MIN_KEEP_BYTES <= quantity.value <= MAX_KEEP_BYTES:
        bounds = f"{format_value(MIN_KEEP_BYTES, Unit.BYTES)} to {format_value(MAX_KEEP_BYTES, Unit.BYTES)}"
        raise given.error(f"must be {bounds}, and is {given.text!r}", _SIZE_HINT)
    return int(quantity.value)
