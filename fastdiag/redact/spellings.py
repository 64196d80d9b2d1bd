"""What is secret in a token, a URL or a connection string, and how it may be spelt elsewhere."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from fastdiag.redact.patterns import KEY

_CONNINFO: Final = re.compile(r"\s*(?:\w+\s*=\s*(?:'(?:[^'\\]|\\.)*'|[^\s']\S*)\s*)+")
_CONNINFO_PLACE: Final = re.compile(r"\b(?:host|hostaddr|port|dbname|user|service)\s*=")
_CONNINFO_SECRET: Final = re.compile(r"\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")
_QUERY_SECRET: Final = re.compile(rf"[?&][\w.-]*{KEY}=([^&#\s]+)", re.IGNORECASE)


def secret_words(value: str) -> Iterator[str]:
    """Yield what is secret in a value: all of it, or the secret parts of a URL or connection string."""
    if "://" in value:
        yield from _words_of_url(value)
    elif _CONNINFO_PLACE.search(value) and _CONNINFO.fullmatch(value):
        for password in _CONNINFO_SECRET.findall(value):
            yield re.sub(r"\\(.)", r"\1", password[1:-1]) if password.startswith("'") else password
    else:
        yield value


def _words_of_url(url: str) -> Iterator[str]:
    yield from map(unquote_plus, _QUERY_SECRET.findall(url))
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    userinfo = (authority if "@" in authority else rest).rpartition("@")[0]  # a raw / in the password
    user, _, password = userinfo.partition(":")
    if userinfo and not password and scheme.lower() in {"http", "https"} and "@" in authority:
        yield user  # a token in the place of the user
    # A password that is also the user's name is no secret word: it would mask that name everywhere.
    # Where it stands as a password, the pattern of URLs finds it.
    if password and unquote(password) != unquote(user):
        yield password
        yield unquote(password)
        yield base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode("utf-8", "replace")).decode()


def spellings(word: str) -> Iterator[str]:
    """Yield a secret as it is, in URLs, in JSON, in libpq strings, and with disarmed."""
    encodable = word.encode("utf-8", "replace").decode()
    for spelling in (word, quote(encodable), quote(encodable, safe=""), quote_plus(encodable)):
        yield spelling
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), spelling)
    yield from (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], repr(word)[1:-1])
    yield re.sub(r"([\\'])", r"\\\1", word)
