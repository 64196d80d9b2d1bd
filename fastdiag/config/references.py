"""`${NAME}` in fastdiag.yaml: the file names the secret, the environment holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from fastdiag.config.written import Written
from fastdiag.errors import ConfigError, nearest

_REFERENCE: Final = re.compile(r"(?P<escaped>\$\$\{)|\$\{(?P<name>[^}]*)\}|(?P<open>\$\{)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IN_USERINFO: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@]*$", re.IGNORECASE)
_FITS_USERINFO: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


def expand(written: Written, environ: Mapping[str, str]) -> str:
    """Return the text with every `${NAME}` replaced; `$${` is a literal `${`.

    A value that stands before the @ of a URL and could not stand there as it is (a password with / or @)
    is percent-encoded.

    Raises:
        ConfigError: with the place of the text; the variable is not set or empty, or it is no name.

    """
    text = written.text
    pieces: list[str] = []
    done = 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[done : match.start()])
        pieces.append("${" if match["escaped"] else _value(match, written, environ))
        done = match.end()
    return "".join((*pieces, text[done:]))


def without_references(text: str) -> str:
    """Return what a text holds by itself."""
    return _REFERENCE.sub("", text)


def names_in(text: str) -> Iterator[str]:
    """Yield the variables to which a text refers."""
    for match in _REFERENCE.finditer(text):
        if match["name"] and _NAME.fullmatch(match["name"]):
            yield match["name"]


def _value(match: re.Match[str], written: Written, environ: Mapping[str, str]) -> str:
    name = match["name"]
    if name is None or not _NAME.fullmatch(name):
        raise _error(written, "a reference has the form ${NAME}", "a literal ${ is written $${")
    value = environ.get(name)
    if not value:
        state = "is not set" if value is None else "is empty"
        near = nearest(name, environ) if value is None else None
        hint = near or f"export {name}, or write the value itself"
        raise _error(written, f"environment variable {name} {state}", hint)
    before, after = written.text[: match.start()], written.text[match.end() :]
    is_userinfo = _IN_USERINFO.search(before) and "@" in re.split(r"[/\s]", after, maxsplit=1)[0]
    return quote(value, safe="") if is_userinfo and not _FITS_USERINFO.fullmatch(value) else value


def _error(written: Written, message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, where=str(written.place))
