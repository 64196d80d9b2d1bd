"""Where to read logs: files, standard input, a unit of the journal, a query to Loki."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from fastdiag.config.checks import HTTP_SCHEMES, Given
from fastdiag.model.log_place import LogFile, LogPlace, LogStdin, LogUnit, LokiQuery

STDIN: Final = "-"
JOURNALS: Final = {"journal": False, "user-journal": True}
"""What stands before the colon, and whether a user's own manager runs the unit."""
_LOKI_URL: Final = re.compile(r"loki\+(?P<url>https?://[^?]*)(?:\?query=(?P<query>.*))?", re.DOTALL)
_UNIT: Final = re.compile(r"[\w:.@\\*?\[\]][\w:.@\\*?\[\]-]{0,254}")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PIPE_HINT: Final = "pipe into it: `kubectl logs POD | fastdiag snapshot --log -`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """What is to be read, and the Loki server that one of them names; its URL is not checked yet."""

    places: tuple[LogPlace, ...] = ()
    loki: Given | None = None


def check_logs(several: Sequence[Given], loki: Given | None) -> Logs:
    """Return where to read, each place once. ``loki`` is the server of those that name only a query.

    Raises:
        ConfigError: one of them is no place to read from, or names another server than the rest.

    """
    places: list[LogPlace] = []
    named: Given | None = None
    for given in several:
        url = _server_of(given)
        if url and named and url.text != named.text:
            raise given.error("names another Loki server than the one before it", "ask one server at a time")
        named = named or url
        places.append(_place(given, has_loki=bool(url or named or loki)))
    return Logs(places=tuple(dict.fromkeys(places)), loki=named or loki)


def _server_of(given: Given) -> Given | None:
    match = _LOKI_URL.fullmatch(given.text.strip())
    return replace(given, text=match["url"].rstrip("/")) if match else None


def _place(given: Given, *, has_loki: bool) -> LogPlace:
    text = given.text.strip()
    if text == STDIN:
        return _stdin(given)
    kind, colon, rest = text.partition(":")
    if colon and kind in JOURNALS:
        return _unit(given, rest, is_user=JOURNALS[kind])
    if text.startswith(("loki:", "loki+")):
        return _query(given, text, has_loki=has_loki)
    if _SCHEME.match(text):
        hint = (
            f"did you mean 'loki+{kind}://HOST:3100?query={{app=\"NAME\"}}'?"
            if kind in HTTP_SCHEMES
            else None
        )
        raise given.error("is no URL that can be read", hint or "a path, journal:UNIT, loki+http:// or -")
    return _file(given, text)


def _stdin(given: Given) -> LogPlace:
    if given.where:
        raise given.error("is standard input, which only the command line can mean", "--log - reads it")
    try:
        is_terminal = os.isatty(0)
        os.fstat(0)
    except OSError:
        raise given.error("is standard input, and that is closed", _PIPE_HINT) from None
    if is_terminal:
        raise given.error("is standard input, and that is a terminal", _PIPE_HINT)
    return LogStdin()


def _unit(given: Given, unit: str, *, is_user: bool) -> LogPlace:
    if not _UNIT.fullmatch(unit):
        raise given.error(
            f"names no unit of systemd: {unit!r}", "such as journal:shop.service; `systemctl` lists them"
        )
    return LogUnit(unit=unit, is_user=is_user)


def _query(given: Given, text: str, *, has_loki: bool) -> LogPlace:
    match = _LOKI_URL.fullmatch(text)
    query = ((match["query"] or "") if match else text.removeprefix("loki:")).strip()
    if query.startswith(("%7B", "%7b")):  # as a browser writes it
        query = unquote(query)
    if "{" not in query:
        hint = "such as 'loki+http://HOST:3100?query={app=\"shop\"}', in single quotes"
        raise given.error("does not say which streams of Loki to read", hint)
    if not has_loki:
        raise given.error("does not say where Loki is", "set LOKI_ADDR, or loki in fastdiag.yaml")
    return LokiQuery(query=query)


def _file(given: Given, text: str) -> LogPlace:
    folder = Path(given.origin).parent if given.where else Path()
    try:
        path = folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        path = folder / text
    return LogFile(path=path, name=str(path))
