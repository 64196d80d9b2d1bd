"""Who is told of a diagnosis, what they are told, what became of it; and where the metrics of a run go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from fastdiag.model.diagnosis import Status
from fastdiag.model.target import Access, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlace:
    """An address that takes what is sent to it, and how one gets at it.

    secrets  what of it must turn up in no output; of a webhook its path too, for that is its password
    """

    url: Secret
    access: Access = field(default_factory=Access)
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    @property
    def where(self) -> str:
        """The host, as it may be shown."""
        parts = urlsplit(self.url.reveal())
        host = parts.hostname or ""
        shown = f"[{host}]" if ":" in host else host
        return f"{shown}:{parts.port}" if parts.port else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A webhook that takes messages as Slack does; Mattermost, Rocket.Chat and Discord have one too."""

    name: str
    place: WebPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes the message and the whole diagnosis as JSON."""

    name: str
    place: WebPlace


class Security(StrEnum):
    """How the connection to a mail server is protected."""

    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"  # from the greeting on, or nothing is sent
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A server that takes mail.

    ca_file  certificates that vouch for the server instead of the machine's own
    """

    host: str
    port: int
    security: Security
    login: tuple[str, Secret] | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mail by a server to some people."""

    name: str
    server: MailServer
    sender: str
    to: tuple[str, ...]


Channel = Slack | Webhook | Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Everyone who is told, and where metrics go; all empty means nobody and nowhere.

    is_always  they are told of every run, not only of news
    textfile   what node_exporter's textfile collector reads
    """

    channels: tuple[Channel, ...] = ()
    is_always: bool = False
    textfile: Path | None = None
    pushgateway: WebPlace | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.channels and self.textfile is None and self.pushgateway is None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new since people were told last; nothing said, nothing new.

    otherwise  why there is nothing new, for who wonders
    """

    said: tuple[str, ...] = ()
    otherwise: str = ""


class Why(StrEnum):
    """Why a message is sent."""

    NEWS = "news"
    ALWAYS = "always"
    ALERT = "alert"  # something else than the diagnosis asked for it: an alert, a symptom that was waited for
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A diagnosis as it is sent; every text of it is masked and printable.

    id        the same whenever the same is sent again, so that a receiver can drop it
    subject   one line
    text      what a chat shows: a few plain lines
    screen    the whole diagnosis as plain text
    document  the diagnosis as JSON
    """

    id: str
    why: Why
    service: str
    status: Status | None
    subject: str
    news: tuple[str, ...]
    text: str
    screen: str
    markdown: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of something that was sent to one place.

    seconds   until it was done or given up
    attempts  how often it was tried
    error     why it failed; None when it did not
    """

    name: str
    where: str
    seconds: float
    attempts: int
    error: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = f"{self.name} ({self.where})"
        if self.error is None:
            return f"{place}: sent"
        tries = f", tried {self.attempts} times" if self.attempts > 1 else ""
        return f"{place} failed{tries}: {self.error}{f' ({self.hint})' if self.hint else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who was told what of a run; nothing of it changes the result of the run.

    messages  what became of those to people
    metrics   likewise of those to programs
    trouble   why a failure will be forgotten; None where it will not
    """

    news: News
    messages: tuple[Delivery, ...] = ()
    metrics: tuple[Delivery, ...] = ()
    trouble: str | None = None

    @property
    def notes(self) -> Iterator[str]:
        """What a person should know: who was told, and what did not arrive and why."""
        yield from map(str, self.messages)
        yield from (str(one) for one in self.metrics if one.error is not None)
        if self.trouble:
            yield self.trouble
