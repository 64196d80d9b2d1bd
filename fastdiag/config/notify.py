"""Who is told and where metrics go: options win over fastdiag.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.checks import HTTP_SCHEMES, Given
from fastdiag.config.file import ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.config.notify_file import NotifyFile
from fastdiag.config.notify_places import mail_of, mail_to, web_place, web_place_of
from fastdiag.config.places import find_config
from fastdiag.config.references import expand
from fastdiag.errors import ConfigError, nearest
from fastdiag.model.notify import Channel, Notify, Slack, Webhook, WebPlace
from fastdiag.model.target import Secret

OFF: Final = "off"
WORDS: Final = ("slack", "webhook", "mail", OFF)
"""What --notify takes beside addresses: the channels of the file or the environment, and nobody."""
VARIABLES: Final = {"slack": "SLACK_WEBHOOK_URL", "webhook": "FASTDIAG_WEBHOOK_URL"}
SMTP_VARIABLE: Final = "FASTDIAG_SMTP_URL"
SLACK_HOSTS: Final = frozenset(("hooks.slack.com", "hooks.slack-gov.com"))
_SLACK_SCHEME: Final = "slack+"
_MAILTO: Final = "mailto:"
_HINT: Final = "slack, webhook, mail or off; an https:// URL, slack+https://..., or mailto:ADDRESS"
_SUFFIX: Final = ".prom"


@dataclass(frozen=True, slots=True)
class _Sight:
    """Where is looked for what is named."""

    file: NotifyFile
    path: Path
    environ: Mapping[str, str]


def load_notify(
    flags: Flags, environ: Mapping[str, str] | None = None, file: ConfigFile | None = None
) -> Notify:
    """Return who is told and where metrics go; what is not passed is what is really there.

    Raises:
        ConfigError: something of it makes no sense, or refers to a variable that is not set.

    """
    environ = os.environ if environ is None else environ
    file = file or find_config(flags.config, environ)[0]
    sight = _Sight(file.notify, file.path or Path(), environ)
    return Notify(
        channels=_numbered(_channels(flags, sight)),
        is_always=bool(flags.always) or file.notify.is_always,
        textfile=_textfile(flags, sight),
        pushgateway=_pushgateway(flags, sight),
    )


def _channels(flags: Flags, sight: _Sight) -> Iterator[Channel]:
    if OFF in flags.notify:
        if len(flags.notify) > 1:
            raise ConfigError("--notify off stands beside another --notify", hint="leave one of them out")
        return
    for text in flags.notify:
        yield from _named(Given(text=text.strip(), option="--notify", origin="--notify"), sight)
    if not flags.notify:
        yield from _of_file("slack", sight)
        yield from _of_file("webhook", sight)
        yield from _of_file("mail", sight)


def _of_file(kind: str, sight: _Sight) -> Iterator[Channel]:
    match kind:
        case "slack":
            for written in sight.file.slack:
                yield Slack(name=kind, place=web_place(written, kind, sight.path, sight.environ))
        case "webhook":
            for written in sight.file.webhook:
                yield Webhook(name=kind, place=web_place(written, kind, sight.path, sight.environ))
        case _:
            if sight.file.mail:
                yield mail_of(sight.file.mail, sight.path, sight.environ)


def _named(given: Given, sight: _Sight) -> Iterator[Channel]:
    text = given.text
    scheme = text.partition("://")[0].lower()
    if text in WORDS:
        yield from tuple(_of_file(text, sight)) or (_of_environ(text, sight),)
    elif text.lower().startswith(_MAILTO):
        yield _mail(given, sight)
    elif scheme.startswith(_SLACK_SCHEME):
        yield Slack(name="slack", place=web_place_of(replace(given, text=text[len(_SLACK_SCHEME) :])))
    elif scheme in HTTP_SCHEMES:
        yield _web(web_place_of(given))
    else:
        # What it is may be nothing but a token: nothing of it is quoted.
        raise given.error("names nobody that could be told", nearest(text, WORDS) or _HINT)


def _web(place: WebPlace) -> Channel:
    is_slack = urlsplit(place.url.reveal()).hostname in SLACK_HOSTS
    return Slack(name="slack", place=place) if is_slack else Webhook(name="webhook", place=place)


def _of_environ(kind: str, sight: _Sight) -> Channel:
    variable = VARIABLES.get(kind)
    if variable is None:
        raise ConfigError(
            f"--notify {kind}: fastdiag.yaml does not say to whom",
            hint="add notify: mail: to it, or give mailto:ADDRESS",
        )
    text = sight.environ.get(variable, "").strip()
    if not text:
        raise ConfigError(
            f"--notify {kind}: nothing says where that is",
            hint=f"set {variable}, or add notify: {kind}: to fastdiag.yaml",
        )
    place = web_place_of(Given(text=text, option=variable, origin=variable))
    return Slack(name=kind, place=place) if kind == "slack" else Webhook(name=kind, place=place)


def _mail(given: Given, sight: _Sight) -> Channel:
    """Return mail to the people of an option, by the server of the file or the environment."""
    people = [replace(given, text=one) for one in given.text[len(_MAILTO) :].split(",")]
    if sight.file.mail:
        return replace(mail_of(sight.file.mail, sight.path, sight.environ), to=mail_to(people, None).to)
    text = sight.environ.get(SMTP_VARIABLE, "").strip()
    server = Given(text=text, option=SMTP_VARIABLE, origin=SMTP_VARIABLE) if text else None
    return mail_to(people, server)


def _numbered(channels: Iterator[Channel]) -> tuple[Channel, ...]:
    """Return each channel once, of several of a kind the second as `slack-2`."""
    met: dict[str, int] = {}
    named: list[Channel] = []
    for channel in dict.fromkeys(channels):
        met[channel.name] = number = met.get(channel.name, 0) + 1
        named.append(replace(channel, name=f"{channel.name}-{number}") if number > 1 else channel)
    return tuple(named)


def _textfile(flags: Flags, sight: _Sight) -> Path | None:
    written = sight.file.textfile
    if flags.textfile is not None:
        given = Given(text=str(flags.textfile), option="--textfile", origin="--textfile")
        folder = Path()
    elif written is not None:
        text = expand(written, sight.environ)
        given = Given(text=text, option="--textfile", origin=str(sight.path), where=str(written.place))
        folder = sight.path.parent
    else:
        return None
    if not given.text.endswith(_SUFFIX):
        raise given.error(
            f"must end with {_SUFFIX}", "node_exporter's textfile collector reads no other file"
        )
    return folder / given.text


def _pushgateway(flags: Flags, sight: _Sight) -> WebPlace | None:
    written = sight.file.pushgateway
    if flags.pushgateway is not None:
        given = Given(text=flags.pushgateway, option="--pushgateway", origin="--pushgateway")
        place = web_place_of(given, is_webhook=False)
    elif written is not None:
        place = web_place(written, "pushgateway", sight.path, sight.environ, is_webhook=False)
    else:
        return None
    return replace(place, url=Secret(place.url.reveal().rstrip("/")))
