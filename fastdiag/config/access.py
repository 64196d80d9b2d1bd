"""How one gets at Prometheus beside its URL: a token, a user and password, headers, certificates.

Credentials belong to the URL beside which they stand: those of a file go to the file's server, those of
the environment to that of PROMETHEUS_URL (or, where that is not set, to whichever is named). A server that
was only found on this machine gets none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.checks import Given
from fastdiag.config.credentials import Credentials, access_of, secrets_of
from fastdiag.config.file import ACCESS, ConfigFile
from fastdiag.config.references import expand
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.model.target import Access, Secret

VARIABLES: Final = {name: f"PROMETHEUS_{name.upper()}" for name in ACCESS}
HEADERS_VARIABLE: Final = "PROMETHEUS_HEADERS"
"""`Name=value,Name=value`, as OpenTelemetry writes the headers of its exporters."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The access to Prometheus, what of it is secret, where it came from, what a person should know."""

    access: Access = field(default_factory=Access)
    secrets: tuple[Secret, ...] = ()
    origin: str | None = None
    notes: tuple[str, ...] = ()


def grant_access(
    url: Given | None, resolved: str | None, file: ConfigFile, environ: Mapping[str, str]
) -> Granted:
    """Return what to send to the Prometheus server at ``resolved``, which ``url`` named.

    Raises:
        ConfigError: the credentials contradict each other, or a file of theirs cannot be read.

    """
    if url is None or resolved is None:
        return Granted()
    notes: list[str] = []
    if file.path and (file.access or file.headers):
        theirs = resolved if url.where else _url_of(file, environ)
        if _server(theirs) == _server(resolved):
            return _granted(_of_file(file, file.path, environ), resolved)
        notes.append(_withheld(str(file.path), resolved))
    ours = _of_environ(environ)
    if ours is not None:
        if _server(environ.get("PROMETHEUS_URL") or resolved) == _server(resolved):
            return _granted(ours, resolved)
        notes.append(_withheld(ours.origin, resolved))
    return Granted(notes=tuple(notes))


def _granted(credentials: Credentials, url: str) -> Granted:
    access = access_of(credentials, has_user="@" in urlsplit(url).netloc)
    return Granted(access=access, secrets=tuple(secrets_of(credentials, access)), origin=credentials.origin)


def _withheld(origin: str, url: str) -> str:
    host, port = (_server(url) or ("", "?", 0))[1:]
    return f"the credentials of {origin} belong to another server and are not sent to {host}:{port}"


def _url_of(file: ConfigFile, environ: Mapping[str, str]) -> str:
    """Return the URL of a file; it may refer to what is not set here, where another one is used."""
    try:
        return expand(file.texts["prometheus"], environ)
    except (ConfigError, KeyError):
        return ""


def _server(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port: who gets to see what is sent, and who else on the way there."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _of_file(file: ConfigFile, path: Path, environ: Mapping[str, str]) -> Credentials:
    def given(several: Mapping[str, Written]) -> dict[str, Given]:
        return {
            name: Given(text=expand(one, environ), option=f"--{name}", origin=str(path), where=str(one.place))
            for name, one in several.items()
        }

    headers = given(file.headers)
    return Credentials(given=given(file.access), headers=headers, origin=str(path), folder=path.parent)


def _of_environ(environ: Mapping[str, str]) -> Credentials | None:
    given = {
        name: Given(text=text, option=variable, origin=variable)
        for name, variable in VARIABLES.items()
        if (text := environ.get(variable, "").strip())
    }
    headers = dict(_headers_of(environ.get(HEADERS_VARIABLE, "")))
    if not given and not headers:
        return None
    origin = next((one.origin for one in given.values()), HEADERS_VARIABLE)
    return Credentials(given=given, headers=headers, origin=origin, folder=Path())


def _headers_of(text: str) -> Iterator[tuple[str, Given]]:
    for entry in filter(str.strip, text.split(",")):
        name, _, value = entry.partition("=")
        yield name.strip(), Given(text=value.strip(), option=HEADERS_VARIABLE, origin=HEADERS_VARIABLE)
