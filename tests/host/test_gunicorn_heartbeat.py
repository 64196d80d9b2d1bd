"""The heartbeat of gunicorn's workers, by the files that they touch: real ones, and older gunicorns'."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from fastdiag.host.gunicorn_heartbeat import FIRST_HEARTBEAT_S, heartbeat_age_s
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_servers import found


def test_workers_show_that_they_live(proc: Proc, gunicorn_pair: Started) -> None:
    for worker in found(proc, gunicorn_pair).workers:
        age_s = heartbeat_age_s(proc, worker)

        assert not isinstance(age_s, Unreadable)
        assert 0 <= age_s < 60


@pytest.mark.parametrize(
    ("stamp", "age_s"),
    [
        (lambda: time.monotonic() - 0.2, 0.2),
        (lambda: time.time() - 0.2, 0.2),  # made, and never touched yet
        (lambda: time.time() - 2 * FIRST_HEARTBEAT_S, None),  # gunicorn before 22 never touches it
    ],
)
def test_the_stamp_is_read_with_the_clock_that_wrote_it(
    proc: Proc, tmp_path: Path, stamp: object, age_s: float | None
) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path, prefix="wgunicorn-") as file:
        assert callable(stamp)
        os.utime(file.fileno(), (stamp(), stamp()))
        told = heartbeat_age_s(proc, os.getpid())

    if age_s is None:
        assert isinstance(told, Unreadable)
        assert told.reason is Reason.ABSENT
    else:
        assert not isinstance(told, Unreadable)
        assert age_s <= told < age_s + 10


def test_a_process_without_such_a_file_has_no_heartbeat(proc: Proc) -> None:
    told = heartbeat_age_s(proc, os.getpid())

    assert isinstance(told, Unreadable)
    assert told.reason is Reason.ABSENT
