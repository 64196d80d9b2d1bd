"""Who may ask `fastdiag serve` for snapshots, and where: options, fastdiag.yaml, environment."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.checks import Given
from fastdiag.config.file import ConfigFile
from fastdiag.config.recording import given_of, path_of
from fastdiag.errors import ConfigError
from fastdiag.model.target import Secret

SECRET_VARIABLE: Final = "FASTDIAG_SERVE_SECRET"  # noqa: S105 - a name, not a secret
MIN_SECRET_CHARS: Final = 16
"""Anybody who reaches the port may try; 16 random letters are beyond trying."""
MAX_SECRET_BYTES: Final = 4096
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8790
_HOW_TO: Final = (
    "`openssl rand -hex 32 > FILE` makes one: --secret-file FILE,"
    f" {SECRET_VARIABLE}, or serve: secret_file: in fastdiag.yaml"
)
_SECRET: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Where to listen, and the secret that callers have to know; ``notes`` are for a person to read."""

    host: str
    port: int
    secret: Secret
    notes: tuple[str, ...] = ()


def check_receiving(
    file: ConfigFile,
    listen: str | None,
    secret_file: Path | None,
    environ: Mapping[str, str] | None = None,
) -> Receiving:
    """Return where to listen and for whom; what was typed wins over the file, and that over the environment.

    Raises:
        ConfigError: an address that is none; no secret, one that is too short, a file that cannot be read.

    """
    environ = os.environ if environ is None else environ
    given = given_of("serve", file.record.serve, file, environ)
    if listen is not None:
        given["listen"] = Given(text=listen, option="--listen", origin="--listen")
    if secret_file is not None:
        given.pop("secret", None)
        given["secret_file"] = Given(
            text=str(secret_file.absolute()), option="--secret-file", origin="--secret-file"
        )
    host, port = _address(given.get("listen"))
    secret, notes = _secret(given, file, environ)
    return Receiving(host=host, port=port, secret=secret, notes=notes)


def _address(given: Given | None) -> tuple[str, int]:
    if given is None:
        return DEFAULT_HOST, DEFAULT_PORT
    try:
        parts = urlsplit(f"//{given.text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or set(given.text) & set("/@?# "):
        raise given.error(
            f"must be HOST:PORT, and is {given.text!r}",
            f"such as {DEFAULT_HOST}:{DEFAULT_PORT} or [::1]:8790",
        )
    return host, port


def _secret(
    given: Mapping[str, Given], file: ConfigFile, environ: Mapping[str, str]
) -> tuple[Secret, tuple[str, ...]]:
    """Return the secret, and what a person should know about its file."""
    own, place = given.get("secret"), given.get("secret_file")
    if own and place:
        raise own.error("stands beside secret_file: which of the two is meant?", "keep one of them")
    if place:
        path = path_of(place, file) or Path(place.text)
        return _checked(_content(place, path)), _exposed(path)
    if own is None and (text := environ.get(SECRET_VARIABLE)):
        own = Given(text=text, option=SECRET_VARIABLE, origin=SECRET_VARIABLE)
    if own is None:
        raise ConfigError("serve needs a secret, which whoever sends alerts has to know", hint=_HOW_TO)
    return _checked(own), ()


def _content(given: Given, path: Path) -> Given:
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_SECRET_BYTES).decode("ascii")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no secret of plain characters"
        raise given.error(f"cannot be read from {path}: {why}", _HOW_TO) from None
    return Given(text=text, option=given.option, origin=given.origin, where=given.where)


def _checked(given: Given) -> Secret:
    text = given.text.strip()
    if not _SECRET.fullmatch(text):
        raise given.error("holds no secret that a header can carry: plain characters without blanks", _HOW_TO)
    if len(text) < MIN_SECRET_CHARS:
        raise given.error(f"holds a secret of fewer than {MIN_SECRET_CHARS} characters", _HOW_TO)
    return Secret(text)


def _exposed(path: Path) -> tuple[str, ...]:
    try:
        is_open = bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return ()
    return (f"every user of this machine can read {path}: chmod 600 {path}",) if is_open else ()
