"""What may go wrong with a Redis server, in plain words.

SourceFailed
├── Unreachable   no server, or one that serves nobody now: down, still loading
│   └── Full      its maximum number of clients is reached
├── Refused       it is there, and refuses this command (rights, password, cluster, wrong type)
└── SourceFailed  it is there, and what it says is of no use (not a Redis, an answer too large)
"""

from __future__ import annotations

import re
import ssl
from typing import Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import Unreachable, no_connection
from fastdiag.model.signal import Reason

MAX_WORDS: Final = 200
_MOVED: Final = re.compile(r"(?:MOVED|ASK) \d+ (?P<place>\S+)")


class Full(Unreachable):
    """The server is there, and takes no more clients."""


class Refused(SourceFailed):
    """The server answers, and refuses the command. ``code`` is the first word of its answer."""

    def __init__(self, code: str, reason: Reason, detail: str, *, hint: str | None = None) -> None:
        super().__init__(reason, detail, hint=hint)
        self.code = code


class HandshakeTimeoutError(TimeoutError):
    """Connected, but the other side does not answer to TLS: as a Redis without TLS does."""


def is_down(failure: SourceFailed | None, *, has_answered: bool) -> bool | None:
    """Whether the application gets no answer either; None where that cannot be told.

    A server that has answered before and is too slow for what else we ask is not down.
    """
    match failure:
        case Unreachable(reason=Reason.TIMED_OUT) if has_answered:
            return False
        case Unreachable():
            return True
        case Refused():
            return False
        case _:
            return False if has_answered else None


def of_answer(text: str, command: str) -> SourceFailed:
    """Return what an error answer of the server means."""
    code = text.partition(" ")[0]
    match code:
        case "LOADING" | "MASTERDOWN" | "ERR" if (reason := _not_serving(code, text)) is not None:
            return reason
        case "NOAUTH" | "WRONGPASS":
            return _not_let_in(code)
        case "NOPERM":
            hint = f"ACL SETUSER NAME +{command.lower()} ~*"
            return Refused(code, Reason.DENIED, f"the user may not run {command}", hint=hint)
        case "MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT":
            return _of_cluster(text)
        case _:
            return _other(code, text, command)


def is_of_server(text: str) -> bool:
    """Whether an error answer is about the server as a whole and not about the command or its key."""
    code = text.partition(" ")[0]
    return code in {"NOAUTH", "WRONGPASS", "MOVED", "ASK", "CLUSTERDOWN"} or (
        _not_serving(code, text) is not None
    )


def _not_serving(code: str, text: str) -> Unreachable | None:
    """Return why a server that is there serves nobody, if that is what it says."""
    if code == "LOADING":
        return Unreachable(Reason.FAILED, "the server is still loading its data", hint="wait until it has")
    if code == "MASTERDOWN":
        return Unreachable(
            Reason.FAILED, "this replica has lost its master", hint="look at the master, or give its URL"
        )
    if "max number of clients" in text:
        return Full(
            Reason.FAILED,
            "the server refuses connections: its maximum number of clients is reached",
            hint="which clients open so many? redis-cli CLIENT LIST; redis-cli CONFIG GET maxclients",
        )
    return None


def _not_let_in(code: str) -> Refused:
    detail = "the server wants a password" if code == "NOAUTH" else "user or password is wrong"
    return Refused(
        code, Reason.DENIED, detail, hint="give them in the URL: redis://USER:PASSWORD@HOST:6379/0"
    )


def _of_cluster(text: str) -> Refused:
    moved = _MOVED.match(text)
    where = f": this key is at {moved['place']}" if moved else ""
    return Refused(
        "MOVED",
        Reason.FAILED,
        f"the server is part of a Redis Cluster{where}",
        hint="give the node that holds the queue" + (f": redis://{moved['place']}" if moved else ""),
    )


def _other(code: str, text: str, command: str) -> Refused:
    is_right = code.isupper() or code == "ERR"
    said = text[:MAX_WORDS] if is_right else f"an error that is none of Redis': {text[:MAX_WORDS]}"
    return Refused(code, Reason.FAILED, f"{command} was refused: {said}")


def of_network(error: OSError, limit_s: float, *, is_connected: bool) -> SourceFailed:
    """Return what an error of the network means. That we do not trust a server says nothing of others."""
    match error:
        case ssl.SSLError():
            said = getattr(error, "verify_message", "") or error.reason or str(error)
            return SourceFailed(
                Reason.FAILED,
                f"TLS failed: {said}",
                hint="does the port speak TLS? is its certificate trusted here (?ssl_ca_certs=FILE)?",
            )
        case HandshakeTimeoutError():
            return SourceFailed(
                Reason.TIMED_OUT,
                f"connected, but no TLS handshake within {limit_s:.1f} s",
                hint="does the port speak TLS? redis:// is without",
            )
        case TimeoutError() if is_connected:
            return Unreachable(
                Reason.TIMED_OUT,
                f"connected, but no complete answer within {limit_s:.1f} s",
                hint="look for slow commands: redis-cli SLOWLOG GET; is the process stopped or swapping?",
            )
        case _:
            return no_connection(error, limit_s, hint="check host and port, and whether Redis runs there")
