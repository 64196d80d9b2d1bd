"""What running statements wait for: seen twice, or not at all."""

import time
from collections.abc import Mapping
from dataclasses import replace

from fastdiag.collectors.postgres.rows import Backend, LockWaits
from fastdiag.collectors.postgres.samples import Sample, Samples
from fastdiag.collectors.postgres.waits import report_waits
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Reading, Reason
from tests.collectors.postgres.collecting import catalogue
from tests.collectors.postgres.example import IDLE

NO_LOCKS = LockWaits(waiting=0, oldest_s=None, is_exact=True)


def running(*waits: str | None) -> Sample:
    rows = (replace(IDLE, pid=pid, state="active", wait=wait) for pid, wait in enumerate(waits))
    return sample(*rows, replace(IDLE, pid=99, wait="IO"))  # idle: what it last waited for is no matter


def sample(*rows: Backend) -> Sample:
    return Sample(backends=rows, lock_waits=NO_LOCKS)


def reported(first: Sample, last: Sample) -> tuple[Mapping[str, Reading], Mapping[str, Missing]]:
    sink = Sink("postgres", catalogue(), time.monotonic() + 1)
    report_waits(sink, Samples(first=first, last=last, limits=None, is_pooled=False))
    return sink.close()


def test_the_fewer_of_both_samples_count() -> None:
    found, _ = reported(running("IO", "IO", "LWLock", None), running("IO", "IO", "IO", None, None))
    assert {name: reading.value for name, reading in found.items()} == {
        "db.waits": 5,
        "db.waits.io": 2,
        "db.waits.lwlock": 0,
        "db.active.running": 1,
    }
    assert all(reading.is_trusted for reading in found.values())


def test_one_sample_is_not_trusted() -> None:
    once = running("IO")
    found, _ = reported(once, once)
    assert (found["db.waits.io"].value, found["db.waits.io"].is_trusted) == (1, False)


def test_what_is_hidden_is_not_zero() -> None:
    hidden = sample(replace(IDLE, backend_type=None, state=None, wait=None))
    found, missing = reported(hidden, hidden)
    assert not found
    assert {why.reason for why in missing.values()} == {Reason.DENIED}
