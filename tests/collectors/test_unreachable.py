"""What no connection means: down for everybody, or only not to be reached from here."""

import errno
import os
import socket

import pytest

from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import FROM_HERE, Unreachable, doubt_of, no_connection
from fastdiag.model.signal import Reason


def of(error: OSError) -> SourceFailed:
    return no_connection(error, 3.0, hint="is it there?")


@pytest.mark.parametrize(
    ("error", "doubt"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)), None),
        (OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)), FROM_HERE),
        (TimeoutError(), FROM_HERE),
    ],
)
def test_a_server_that_is_down_and_one_behind_a_firewall(error: OSError, doubt: str | None) -> None:
    failure = of(error)
    assert isinstance(failure, Unreachable)
    assert failure.doubt == doubt


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), Reason.DENIED),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Reason.FAILED),
    ],
)
def test_what_only_we_lack_says_nothing_of_the_server(error: OSError, reason: Reason) -> None:
    failure = of(error)
    assert failure.reason is reason
    assert not isinstance(failure, Unreachable)


def test_one_that_is_certainly_down_leaves_no_doubt() -> None:
    gone, distant = Unreachable(Reason.FAILED, "gone"), Unreachable(Reason.FAILED, "far", doubt=FROM_HERE)
    assert doubt_of([distant, distant]) == FROM_HERE
    assert doubt_of([gone, distant]) is None
    assert doubt_of([]) is None
