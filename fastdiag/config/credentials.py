"""From a token, a user and headers to what is sent; and which of it is secret."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.config.checks import Given
from fastdiag.errors import ConfigError
from fastdiag.model.target import Access, Secret

MAX_TOKEN_BYTES: Final = 1 << 16
AUTHORIZATION: Final = "Authorization"
PLAIN_HEADERS: Final = frozenset(
    ("x-scope-orgid", "thanos-tenant", "x-grafana-org-id", "accept", "user-agent", "host")
)
"""Headers whose values are no secrets: tenants are called like namespaces and services, which must show."""
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one place says of the access to a server; ``folder`` is where its relative paths begin."""

    given: Mapping[str, Given]
    headers: Mapping[str, Given]
    origin: str
    folder: Path


def access_of(credentials: Credentials, *, has_user: bool) -> Access:
    """Return what is sent with every request; ``has_user`` is whether the URL itself names a user.

    Raises:
        ConfigError: two ways to say who we are, a header that is none, a file that cannot be read.

    """
    own = _authorization(credentials, has_user=has_user)
    headers = [*((own,) if own else ()), *map(_header, credentials.headers.items())]
    names = [name.lower() for name, _ in headers]
    if own and AUTHORIZATION.lower() in names[1:]:
        one = next(one for name, one in credentials.headers.items() if name.lower() == AUTHORIZATION.lower())
        raise one.error("sets Authorization beside a token or user", "keep one of the two")
    return Access(headers=tuple(headers), ca_file=ca_file_of(credentials))


def secrets_of(credentials: Credentials, access: Access) -> Iterator[Secret]:
    """Yield whatever must not turn up in any output."""
    password = credentials.given.get("password")
    if password:
        yield Secret(password.text)
    for name, value in access.headers:
        if name.lower() in PLAIN_HEADERS:
            continue
        yield value
        scheme, _, rest = value.reveal().partition(" ")
        if rest and scheme.isalpha():  # `Bearer x`: an error may quote the token alone
            yield Secret(rest.strip())


def _authorization(credentials: Credentials, *, has_user: bool) -> tuple[str, Secret] | None:
    given = credentials.given
    ways = [name for name in ("token", "token_file", "username") if name in given]
    if len(ways) > 1 or (ways and has_user):
        rest = ways[1] if len(ways) > 1 else "a user in the URL"
        raise given[ways[0]].error(f"stands beside {rest}: which of the two is meant?", "keep one of them")
    if "password" in given and "username" not in given:
        raise given["password"].error("stands without a user name", "give username, or token instead of it")
    if "username" in given:
        return AUTHORIZATION, _basic(given["username"], given.get("password"))
    token = given.get("token") or _token_of_file(given.get("token_file"), credentials.folder)
    if token is None:
        return None
    return AUTHORIZATION, _checked(token, f"Bearer {token.text.strip()}")


def _basic(user: Given, password: Given | None) -> Secret:
    if ":" in user.text:
        raise user.error("holds a colon, which basic authentication does not allow")
    both = f"{user.text}:{password.text if password else ''}"
    return Secret(f"Basic {base64.b64encode(both.encode('utf-8', 'surrogateescape')).decode()}")


def _token_of_file(given: Given | None, folder: Path) -> Given | None:
    if given is None:
        return None
    path = _path(given, folder)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_TOKEN_BYTES)
        token = content.decode("ascii").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no token"
        raise given.error(f"cannot be read from {path}: {why}") from None
    if not token:
        raise given.error(f"cannot be read from {path}: it is empty")
    return Given(text=token, option=given.option, origin=given.origin, where=given.where)


def _path(given: Given, folder: Path) -> Path:
    try:
        return folder / Path(given.text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        return folder / given.text


def ca_file_of(credentials: Credentials) -> Path | None:
    """Return the file of certificates that is named. Raise ConfigError when it cannot be read."""
    given = credentials.given.get("ca_file")
    if given is None:
        return None
    path = _path(given, credentials.folder)
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise given.error(f"cannot be read from {path}: {why}") from None
    return path


def _header(item: tuple[str, Given]) -> tuple[str, Secret]:
    name, value = item
    if not _HEADER_NAME.fullmatch(name):
        raise ConfigError(
            f"{value.origin} has a header whose name is none", hint="write Name=value", where=value.where
        )
    return name, _checked(value, value.text.strip())


def _checked(given: Given, text: str) -> Secret:
    if not _HEADER_VALUE.fullmatch(text):
        raise given.error("holds characters that no header can carry", "is there a line break in it?")
    return Secret(text)
