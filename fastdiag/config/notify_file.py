"""Who is told of news, and where metrics go, as fastdiag.yaml says it; references are not resolved yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.config.references import without_references
from fastdiag.config.server_file import KEYS, ServerAccess, read_access, read_written
from fastdiag.config.written import Written, written
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Listing, Node, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_flag, read_word

OUTLETS: Final = ("notify", "textfile", "pushgateway")
NOTIFY: Final = Shape("'notify'", (), ("slack", "webhook", "mail", "always"))
MAIL_TEXTS: Final = ("server", "username", "password", "ca_file", "from")
MAIL: Final = Shape("'mail'", ("to",), (*MAIL_TEXTS, "tls"))
TLS: Final = ("required", "never")
"""Whether mail may go over the network as anybody can read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPlace:
    """A URL, and how one gets at what is there."""

    url: Written
    access: ServerAccess = field(default_factory=ServerAccess)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMail:
    """A mail server, and whose mail it takes to whom.

    texts  by the names of MAIL_TEXTS
    tls    one of the words of TLS; None where nothing is said
    """

    to: tuple[Written, ...]
    texts: Mapping[str, Written] = field(default_factory=dict)
    tls: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFile:
    """What a file says of this; all empty when it says nothing."""

    slack: tuple[WrittenPlace, ...] = ()
    webhook: tuple[WrittenPlace, ...] = ()
    mail: WrittenMail | None = None
    is_always: bool = False
    textfile: Written | None = None
    pushgateway: WrittenPlace | None = None

    @property
    def holds_secrets(self) -> bool:
        """Whether a secret itself stands there, not only the name of a variable that holds it."""
        return any(without_references(one.text) for one in self._secrets()) or any(
            without_references(place.url.text) == place.url.text for place in self.slack
        )

    @property
    def urls(self) -> Iterator[Written]:
        """Addresses in which a password may stand."""
        yield from (place.url for place in self._places())
        if self.mail and "server" in self.mail.texts:
            yield self.mail.texts["server"]

    def _places(self) -> Iterator[WrittenPlace]:
        yield from (*self.slack, *self.webhook)
        if self.pushgateway:
            yield self.pushgateway

    def _secrets(self) -> Iterator[Written]:
        for place in self._places():
            yield from place.access.secret
        if self.mail and "password" in self.mail.texts:
            yield self.mail.texts["password"]


def read_notify(fields: Fields, problems: Problems) -> NotifyFile:
    """Read the keys of OUTLETS from the mapping that is the file."""
    node = fields.get("notify")
    told = Fields(node, NOTIFY, problems) if node else None
    pushgateway = _places(fields, "pushgateway", problems)
    if len(pushgateway) > 1:
        problems.note(pushgateway[1].url.place, "'pushgateway' names more than one")
    return NotifyFile(
        slack=_places(told, "slack", problems) if told else (),
        webhook=_places(told, "webhook", problems) if told else (),
        mail=_mail(told, problems) if told else None,
        is_always=bool(told and told.read("always", read_flag)),
        textfile=written(fields.get("textfile"), "textfile", problems),
        pushgateway=pushgateway[0] if pushgateway else None,
    )


def _places(fields: Fields, name: str, problems: Problems) -> tuple[WrittenPlace, ...]:
    """Return the places of a list, or the one that stands in its stead."""
    node = fields.get(name)
    nodes = node.items if isinstance(node, Listing) else (node,)
    return tuple(filter(None, (_place(one, name, problems) for one in nodes)))


def _place(node: Node | None, name: str, problems: Problems) -> WrittenPlace | None:
    if not isinstance(node, Table):
        url = written(node, name, problems)
        return WrittenPlace(url=url) if url else None
    server = Fields(node, Shape(repr(name), ("url",), KEYS), problems)
    access = read_access(server, problems)
    url = written(server.get("url"), "url", problems)
    return WrittenPlace(url=url, access=access) if url else None


def _mail(fields: Fields, problems: Problems) -> WrittenMail | None:
    node = fields.get("mail")
    if node is None:
        return None
    mail = Fields(node, MAIL, problems)
    tls = mail.get("tls")
    return WrittenMail(
        to=_recipients(mail, problems),
        texts=read_written({name: mail.get(name) for name in MAIL_TEXTS}, problems),
        tls=read_word(tls, "'tls'", TLS, problems) if tls else None,
    )


def _recipients(mail: Fields, problems: Problems) -> tuple[Written, ...]:
    node = mail.get("to")
    if isinstance(node, Listing):
        return tuple(Written(item.text.strip(), item.place) for item in mail.texts("to"))
    one = written(node, "to", problems)
    return (one,) if one else ()
