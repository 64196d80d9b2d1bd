"""Calls that wait for a peer without an end, or for very long, unless they are given a limit.

Defaults read from the libraries' own signatures: requests 2.32, urllib3 2, paramiko 3, aiohttp 3, botocore 1,
openai 1 and anthropic 0 clients, and the standard library of Python 3.11 to 3.14.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Calls that are limited by the same argument.

    paths         dotted names, with * for any
    argument      the name of the argument that limits the wait
    position      its place among the arguments by position; None where it goes by name only
    by_socket     socket.setdefaulttimeout limits it, too
    by_adapter    a requests adapter of the project may limit it, too
    by_client     the object's constructor takes the argument as well
    example       what to write
    """

    paths: tuple[str, ...]
    argument: str = "timeout"
    position: int | None = None
    by_socket: bool = False
    by_adapter: bool = False
    by_client: bool = False
    example: str = "timeout=(3.05, 10)"


_METHODS: Final = ("get", "options", "head", "post", "put", "patch", "delete")


def _of(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names)


ENDLESS: Final = (
    Waiter(paths=_of("requests", (*_METHODS, "request"))),
    Waiter(paths=(*_of("requests.Session", _METHODS), "requests.Session.send"), by_adapter=True),
    Waiter(paths=("requests.Session.request",), position=8, by_adapter=True),
    Waiter(
        paths=("urllib.request.urlopen", "urllib.request.OpenerDirector.open"),
        position=2,
        by_socket=True,
        example="timeout=10",
    ),
    Waiter(paths=("urllib3.PoolManager.request", "urllib3.request"), by_socket=True, by_client=True),
    Waiter(paths=("smtplib.SMTP", "smtplib.SMTP_SSL"), position=3, by_socket=True, example="timeout=10"),
    Waiter(
        paths=("http.client.HTTPConnection", "http.client.HTTPSConnection"),
        position=2,
        by_socket=True,
        example="timeout=10",
    ),
    Waiter(paths=("ftplib.FTP",), position=4, by_socket=True, example="timeout=10"),
    Waiter(
        paths=("imaplib.IMAP4", "imaplib.IMAP4_SSL", "poplib.POP3", "poplib.POP3_SSL"),
        by_socket=True,
        example="timeout=10",
    ),
    Waiter(paths=("socket.create_connection",), position=1, by_socket=True, example="timeout=5"),
    Waiter(paths=("paramiko.SSHClient.connect",), position=5, example="timeout=10"),
)
"""They wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowClient:
    """Clients whose default limit is far longer than any user waits.

    limit     what it is, in words
    argument  that sets another one
    """

    paths: tuple[str, ...]
    argument: str
    limit: str
    example: str


LONG: Final = (
    SlowClient(
        paths=("aiohttp.ClientSession",),
        argument="timeout",
        limit="5 minutes for a whole request",
        example="timeout=aiohttp.ClientTimeout(total=10, connect=3)",
    ),
    SlowClient(
        paths=(
            "boto3.client", "boto3.resource", "boto3.Session.client", "boto3.Session.resource",
            "boto3.session.Session.client", "boto3.session.Session.resource",
            "aioboto3.Session.client", "aioboto3.Session.resource",
            "aiobotocore.session.AioSession.create_client",
        ),
        argument="config",
        limit="60 s to connect and 60 s to read, tried 5 times",
        example='config=Config(connect_timeout=3, read_timeout=10, retries={"max_attempts": 2})',
    ),
    SlowClient(
        paths=(
            "openai.OpenAI", "openai.AsyncOpenAI", "openai.AzureOpenAI", "openai.AsyncAzureOpenAI",
            "anthropic.Anthropic", "anthropic.AsyncAnthropic",
        ),
        argument="timeout",
        limit="10 minutes, tried 3 times",
        example="timeout=30, max_retries=1",
    ),
)  # fmt: skip
"""They give up, but long after whoever asked has."""

HTTPX: Final = (
    *_of("httpx", (*_METHODS, "request", "stream", "Client", "AsyncClient")),
    *_of("httpx.Client", (*_METHODS, "request", "stream", "send")),
    *_of("httpx.AsyncClient", (*_METHODS, "request", "stream", "send")),
)
"""They wait 5 s at most, unless they are told to wait for ever."""
