"""Reading single settings strictly: URLs, durations, process ids, sources, folders.

``Given`` carries the text and where it came from, so that whatever is wrong is told with its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.errors import ConfigError, nearest
from fastdiag.model.quantity import Quantity, Unit, format_value, parse_quantity
from fastdiag.model.target import Secret

SOURCES: Final = (
    "prometheus",
    "scrape",
    "postgres",
    "pgbouncer",
    "processes",
    "stacks",
    "host",
    "workers",
    "queue",
    "cache",
    "probe",
    "logs",
)
KEEP_THE_PAST: Final = frozenset({"prometheus", "logs"})
"""The sources that can be asked about another moment than now."""
HTTP_SCHEMES: Final = ("http", "https")
SOCKET_SCHEMES: Final = ("unix", "redis+socket", "redis+unix")
"""Of Redis on a Unix socket: a path takes the place of the host."""
_POSTGRES_URL: Final = re.compile(r"(?:postgres(?:ql)?|pgsql|postgis)(?:\+\w+)?://", re.IGNORECASE)
"""As libpq and the drivers of SQLAlchemy write it."""
_KEY_VALUE: Final = re.compile(r"\w+\s*=")
_HOST_FIRST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d+)?(/[^\s@]*)?")
"""How people write a URL without its scheme."""
_DURATION_HINT: Final = "write a duration such as 10s, 5m or 1h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A setting as somebody wrote it. It may be a password: it does not print.

    option  its name on the command line
    origin  where it came from, for the line that says what was used
    where   file:line:column, None outside files
    """

    text: str = field(repr=False)
    option: str
    origin: str
    where: str | None = None

    def error(self, message: str, hint: str | None = None) -> ConfigError:
        """Return an error about this setting; in a file it has the name that it has there."""
        name = self.option.removeprefix("--").replace("-", "_") if self.where else self.origin
        return ConfigError(f"{name} {message}", hint=hint, where=self.where)


def check_url(given: Given | None) -> str | None:
    """Return an http(s) URL. Raise ConfigError when it is none; what may be a password is not quoted."""
    return None if given is None else check_address(given, HTTP_SCHEMES, "an http:// or https:// URL")


def is_postgres_url(text: str) -> bool:
    """Whether a text begins like a URL of PostgreSQL; what follows only libpq can tell."""
    return bool(_POSTGRES_URL.match(text.strip()))


def check_dsn(given: Given | None) -> Secret | None:
    """Return a PostgreSQL DSN. Raise ConfigError for what cannot be one, without quoting a password."""
    if given is None:
        return None
    text = given.text.strip()
    if is_postgres_url(text) or _KEY_VALUE.match(text):
        return Secret(text)
    # What it is may be nothing but a password: nothing of it is proposed.
    raise given.error(
        "must be a PostgreSQL DSN: it is neither postgresql://... nor key=value",
        "such as postgresql://USER@HOST:PORT/DATABASE",
    )


def check_address(given: Given, schemes: Sequence[str], what: str) -> str:
    """Return a URL of one of these schemes. Raise ConfigError when it is none, without quoting a password."""
    text = given.text.strip()
    fault = _fault_of_url(text, schemes)
    if fault is None:
        return text
    usual = schemes[0]
    likely = _HOST_FIRST.fullmatch(text)
    hint = f"did you mean '{usual}://{text}'?" if likely else f"such as {usual}://HOST:PORT"
    raise given.error(f"must be {what}: {fault}", hint)


def _fault_of_url(text: str, schemes: Sequence[str]) -> str | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        return (
            "the host in [ ] is no address"
            if "IP" in str(error) or "v6" in str(error)
            else "its port is no port"
        )
    if parts.scheme not in schemes:
        return "it does not start with one of them"
    if not parts.hostname and not (parts.scheme in SOCKET_SCHEMES and parts.path):
        return "it names no host"
    if port == 0:
        return "its port is no port"
    return None


def check_duration(given: Given | None, *, default_s: float, least_s: float, most_s: float) -> float:
    """Return a duration in seconds. Raise ConfigError when it is none, or out of bounds."""
    if given is None:
        return default_s
    quantity = _quantity(given.text)
    if quantity is None or quantity.unit not in {Unit.SECONDS, None}:
        raise given.error(f"must be a duration, and is {given.text!r}", _DURATION_HINT)
    if not least_s <= quantity.value <= most_s:
        bounds = f"{format_value(least_s, Unit.SECONDS)} to {format_value(most_s, Unit.SECONDS)}"
        raise given.error(f"must be {bounds}, and is {given.text!r}", _DURATION_HINT)
    return quantity.value


def _quantity(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except ValueError:
        return None


def check_pid(text: str | None) -> int | None:
    """Return a process id. Raise ConfigError when it is none."""
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        hint = "the id of the server's process, as ps or systemctl status shows it"
        raise ConfigError(f"--pid must be a process id, and is {text!r}", hint=hint)
    return int(text)


def check_sources(only: Sequence[str], skip: Sequence[str]) -> tuple[str, ...]:
    """Return the sources to ask, in their order. Raise ConfigError when one is unknown or none is left."""
    for option, words in (("--only", only), ("--skip", skip)):
        for word in words:
            if word not in SOURCES:
                raise ConfigError(f"{option}: there is no source {word!r}", hint=_sources_hint(option, word))
    chosen = tuple(name for name in SOURCES if (not only or name in only) and name not in skip)
    if not chosen:
        raise ConfigError("--only and --skip together leave no source", hint="drop one of the two")
    return chosen


def _sources_hint(option: str, word: str) -> str:
    parts = word.replace(",", " ").split()
    if len(parts) > 1 and all(part in SOURCES for part in parts):
        return f"repeat the option: {' '.join(f'{option} {part}' for part in parts)}"
    return nearest(word, SOURCES) or f"there are {', '.join(SOURCES)}"


def check_folder(path: Path) -> Path:
    """Return a folder of rules. Raise ConfigError when there is none."""
    try:
        if path.is_dir():
            return path
    except (OSError, ValueError):  # a folder on the way to it is closed to us, or a NUL in its name
        raise ConfigError(f"--rules {path}: the folder cannot be read") from None
    trouble = "this is no folder" if path.exists() else "there is no such folder"
    raise ConfigError(
        f"--rules {path}: {trouble}", hint="name the folder that holds causes/ and symptoms.yaml"
    )
