"""How one gets at Prometheus or Loki beside the URL: a token, a user and password, headers, certificates.

Credentials belong to the URL beside which they stand: those of a file go to the file's server, those of
the environment to that of PROMETHEUS_URL or LOKI_ADDR (or, where that is not set, to whichever is named). A
server that was only found on this machine gets none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.checks import Given
from fastdiag.config.credentials import Credentials, access_of, secrets_of
from fastdiag.config.file import ConfigFile
from fastdiag.config.references import expand
from fastdiag.config.server_file import ACCESS, ServerAccess
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.model.target import Access, Secret

TENANT: Final = "X-Scope-OrgID"
"""Header by which Loki, like Mimir, is told whose data is meant."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A kind of server, and the variables that say where it is and how to log in.

    headers  `Name=value,Name=value`, as OpenTelemetry writes the headers of its exporters
    tenant   one that holds the value of TENANT
    """

    name: str
    url: str
    access: Mapping[str, str]
    headers: str
    tenant: str | None = None


PROMETHEUS: Final = Api(
    name="prometheus",
    url="PROMETHEUS_URL",
    access={name: f"PROMETHEUS_{name.upper()}" for name in ACCESS},
    headers="PROMETHEUS_HEADERS",
)
LOKI: Final = Api(
    name="loki",
    url="LOKI_ADDR",
    access={
        "token": "LOKI_BEARER_TOKEN",
        "token_file": "LOKI_BEARER_TOKEN_FILE",
        "username": "LOKI_USERNAME",
        "password": "LOKI_PASSWORD",
        "ca_file": "LOKI_CA_CERT_PATH",
    },
    headers="LOKI_HEADERS",
    tenant="LOKI_ORG_ID",
)
"""The names are those of logcli, Loki's own client; that of the headers is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The access to a server, what of it is secret, where it came from, what a person should know."""

    access: Access = field(default_factory=Access)
    secrets: tuple[Secret, ...] = ()
    origin: str | None = None
    notes: tuple[str, ...] = ()


def grant_access(
    api: Api, url: Given | None, resolved: str | None, file: ConfigFile, environ: Mapping[str, str]
) -> Granted:
    """Return what to send to the server at ``resolved``, which ``url`` named.

    Raises:
        ConfigError: the credentials contradict each other, or a file of theirs cannot be read.

    """
    if url is None or resolved is None:
        return Granted()
    notes: list[str] = []
    written = file.servers.get(api.name)
    if file.path and written and (written.access or written.headers):
        theirs = _url_of(api, file, environ)
        if _server(theirs) == _server(resolved):
            return _granted(credentials_of_file(written, file.path, environ), resolved)
        notes.append(_withheld(str(file.path), resolved))
    ours = _of_environ(api, environ)
    if ours is not None:
        if _server(environ.get(api.url) or resolved) == _server(resolved):
            return _granted(ours, resolved)
        notes.append(_withheld(ours.origin, resolved))
    return Granted(notes=tuple(notes))


def _granted(credentials: Credentials, url: str) -> Granted:
    access = access_of(credentials, has_user="@" in urlsplit(url).netloc)
    return Granted(access=access, secrets=tuple(secrets_of(credentials, access)), origin=credentials.origin)


def _withheld(origin: str, url: str) -> str:
    host, port = (_server(url) or ("", "?", 0))[1:]
    return f"the credentials of {origin} belong to another server and are not sent to {host}:{port}"


def _url_of(api: Api, file: ConfigFile, environ: Mapping[str, str]) -> str:
    """Return the URL of a file; it may refer to what is not set here, where another one is used."""
    try:
        return expand(file.texts[api.name], environ)
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


def credentials_of_file(written: ServerAccess, path: Path, environ: Mapping[str, str]) -> Credentials:
    """Return what a file says beside a URL. Raise ConfigError: it refers to a variable that is not set."""

    def given(several: Mapping[str, Written]) -> dict[str, Given]:
        return {
            name: Given(text=expand(one, environ), option=f"--{name}", origin=str(path), where=str(one.place))
            for name, one in several.items()
        }

    headers = given(written.headers)
    return Credentials(given=given(written.access), headers=headers, origin=str(path), folder=path.parent)


def _of_environ(api: Api, environ: Mapping[str, str]) -> Credentials | None:
    given = {
        name: Given(text=text, option=variable, origin=variable)
        for name, variable in api.access.items()
        if (text := environ.get(variable, "").strip())
    }
    headers = dict(_headers_of(api, environ))
    if not given and not headers:
        return None
    origin = next(one.origin for one in (*given.values(), *headers.values()))
    return Credentials(given=given, headers=headers, origin=origin, folder=Path())


def _headers_of(api: Api, environ: Mapping[str, str]) -> Iterator[tuple[str, Given]]:
    tenant = environ.get(api.tenant, "").strip() if api.tenant else ""
    if api.tenant and tenant:
        yield TENANT, Given(text=tenant, option=api.tenant, origin=api.tenant)
    for entry in filter(str.strip, environ.get(api.headers, "").split(",")):
        name, _, value = entry.partition("=")
        yield name.strip(), Given(text=value.strip(), option=api.headers, origin=api.headers)
