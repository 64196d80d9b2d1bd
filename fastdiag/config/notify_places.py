"""From what is written to places that take something: an address on the web, a mail server."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from fastdiag.config.access import credentials_of_file
from fastdiag.config.checks import Given, check_address, check_url
from fastdiag.config.credentials import access_of, ca_file_of, secrets_of
from fastdiag.config.notify_file import WrittenMail, WrittenPlace
from fastdiag.config.references import expand
from fastdiag.config.server_file import ServerAccess
from fastdiag.config.written import Written
from fastdiag.model.notify import Mail, MailServer, Security, WebPlace
from fastdiag.model.target import Secret

LOCAL_SERVER: Final = "smtp://localhost"
SMTP_SCHEMES: Final = ("smtp", "smtps")
_PORTS: Final = {"smtps": 465, "smtp": 587}
"""Where a server takes mail from its own users (RFC 8314); on this machine it is 25."""
_LOCAL_PORT: Final = 25
_LEAST_SECRET_CHARS: Final = 8
"""The last part of a webhook's path is its password when it is this long; `/hook` is none."""
_MAIL_ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}")


def web_place(
    written: WrittenPlace, name: str, path: Path, environ: Mapping[str, str], *, is_webhook: bool = True
) -> WebPlace:
    """Return the address that stands in a file under ``name``.

    Raises:
        ConfigError: it is no URL, refers to a variable that is not set, or its credentials do not fit.

    """
    text = expand(written.url, environ)
    given = Given(text=text, option=f"--{name}", origin=str(path), where=str(written.url.place))
    credentials = credentials_of_file(written.access, path, environ)
    url = check_url(given) or ""
    access = access_of(credentials, has_user="@" in urlsplit(url).netloc)
    own = tuple(secrets_of(credentials, access))
    return WebPlace(
        url=Secret(url), access=access, secrets=(*own, *_secrets_of_url(url, is_webhook=is_webhook))
    )


def web_place_of(given: Given, *, is_webhook: bool = True) -> WebPlace:
    """Return the address of an option or a variable. Raise ConfigError when it is no URL."""
    url = check_url(given) or ""
    return WebPlace(url=Secret(url), secrets=tuple(_secrets_of_url(url, is_webhook=is_webhook)))


def _secrets_of_url(url: str, *, is_webhook: bool) -> Iterator[Secret]:
    """Yield what of a URL is secret: of a webhook all behind the host, for who knows it may write there."""
    yield Secret(url)  # of which the redactor takes user, password and parameters
    if not is_webhook:
        return
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    yield from (Secret(text) for text in (parts.path, last) if len(text) >= _LEAST_SECRET_CHARS)


def mail_of(written: WrittenMail, path: Path, environ: Mapping[str, str]) -> Mail:
    """Return the mail that a file describes. Raises like ``web_place``."""

    def given(name: str, one: Written) -> Given:
        return Given(text=expand(one, environ), option=f"--{name}", origin=str(path), where=str(one.place))

    texts = {name: given(name, one) for name, one in written.texts.items()}
    to = tuple(_address(given("to", one)) for one in written.to)
    ca_file = ca_file_of(credentials_of_file(_ca_file(written), path, environ))
    return _mail(texts, to, written.tls, ca_file)


def mail_to(recipients: Sequence[Given], server: Given | None) -> Mail:
    """Return mail to these people by a server. Raise ConfigError when one of them is no address."""
    texts = {"server": server} if server else {}
    return _mail(texts, tuple(map(_address, recipients)), None, None)


def _ca_file(written: WrittenMail) -> ServerAccess:
    return ServerAccess(access={name: one for name, one in written.texts.items() if name == "ca_file"})


def _mail(texts: Mapping[str, Given], to: tuple[str, ...], tls: str | None, ca_file: Path | None) -> Mail:
    sender = texts.get("from")
    return Mail(
        name="mail",
        server=_server(texts, tls, ca_file),
        sender=_address(sender) if sender else f"fastdiag@{socket.gethostname()}",
        to=to,
    )


def _address(given: Given) -> str:
    text = given.text.strip()
    if not _MAIL_ADDRESS.fullmatch(text) or not text.isprintable():
        raise given.error(
            f"must be a mail address, and is {text!r}", "such as oncall@example.org, without a name"
        )
    return text


def _server(texts: Mapping[str, Given], tls: str | None, ca_file: Path | None) -> MailServer:
    given = texts.get("server") or Given(text=LOCAL_SERVER, option="--server", origin="mail")
    parts = urlsplit(check_address(given, SMTP_SCHEMES, "an smtp:// or smtps:// URL"))
    host = parts.hostname or ""
    security = _security(parts.scheme, tls, is_local=is_local(host))
    login = _login(parts.username, parts.password, texts)
    if login and security is Security.NONE and not is_local(host):
        raise given.error("would get a password that anybody on the way can read", "drop `tls: never`")
    port = parts.port or (_LOCAL_PORT if security is Security.NONE else _PORTS[parts.scheme])
    return MailServer(host=host, port=port, security=security, login=login, ca_file=ca_file)


def _security(scheme: str, tls: str | None, *, is_local: bool) -> Security:
    """Return how the way to the server is protected: always, but where it is none or somebody waives it."""
    if scheme == "smtps":
        return Security.TLS
    if tls == "never" or (tls is None and is_local):
        return Security.NONE
    return Security.STARTTLS


def is_local(host: str) -> bool:
    """Whether a host is the machine that asks itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _login(user: str | None, password: str | None, texts: Mapping[str, Given]) -> tuple[str, Secret] | None:
    name, secret = texts.get("username"), texts.get("password")
    if secret and not name:
        raise secret.error("stands without a user name", "give username beside it")
    if name and user is not None:
        raise name.error("stands beside a user in the URL: which of the two is meant?", "keep one of them")
    if name:
        return name.text, Secret(secret.text if secret else "")
    return None if user is None else (unquote(user), Secret(unquote(password or "")))
