"""All sources under one deadline, whatever a collector does."""

import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

import pytest

from fastdiag.collectors.gather import GRACE_S, Gathered, gather
from fastdiag.collectors.sink import Collector, Sink, SourceFailed, SourceSkipped
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Catalogue, CollectorSource, Missing, Part, Reason, Signal
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Target

DEADLINE_S: Final = 0.3
released = threading.Event()


@pytest.fixture(autouse=True)
def release() -> Iterator[None]:
    """End the threads that hang when their test is over."""
    released.clear()
    yield
    released.set()


def catalogue(*sources: str) -> Catalogue:
    """Let each source owe two signals: SOURCE.first and SOURCE.second."""
    signals = [
        Signal(
            id=f"{source}.{name}", unit=Unit.COUNT, title=name, sources=(CollectorSource(collector=source),)
        )
        for source in sources
        for name in ("first", "second")
    ]
    return Catalogue({signal.id: signal for signal in signals})


def run(**collectors: Collector) -> dict[str, Gathered]:
    found = gather(Target(deadline_s=DEADLINE_S), catalogue(*collectors), collectors)
    assert [each.state.name for each in found] == list(collectors)
    return {each.state.name: each for each in found}


def complete(_: Target, sink: Sink) -> None:
    sink.target = "somewhere"
    sink.requests += 2
    sink.reading(f"{sink.source}.first", 1)
    sink.reading(f"{sink.source}.second", 2)


def empty(_: Target, __: Sink) -> None:
    return


def broken(_: Target, sink: Sink) -> None:
    sink.reading(f"{sink.source}.first", 1)
    raise ZeroDivisionError("division by zero")


def leaving(_: Target, __: Sink) -> None:
    sys.exit("a library that gives up")


def hanging(_: Target, sink: Sink) -> None:
    sink.reading(f"{sink.source}.first", 1)
    released.wait(20)
    sink.reading(f"{sink.source}.second", 2)
    sink.missing(f"{sink.source}.second", Reason.FAILED, "too late")


def refused(_: Target, sink: Sink) -> None:
    sink.missing(f"{sink.source}.first", Reason.DENIED, "ask your administrator")
    raise SourceFailed(Reason.FAILED, "connection refused", hint="does it run?")


def unasked(_: Target, __: Sink) -> None:
    raise SourceSkipped("no address is known", hint="give one")


def halting(_: Target, sink: Sink) -> None:
    complete(_, sink)
    sink.problem("a table was locked", hint="try again")
    sink.problem("another thing", hint="not shown: the first one counts")


def test_a_source_that_says_everything_is_ok() -> None:
    found = run(a=complete)["a"]

    assert (found.state.status, found.state.readings, found.state.requests) == (SourceStatus.OK, 2, 2)
    assert found.state.target == "somewhere"
    assert (found.state.error, found.state.hint) == (None, None)
    assert not found.missing


def test_the_deadline_holds_although_a_collector_hangs_for_ever() -> None:
    started = time.monotonic()
    found = run(slow=hanging, quick=complete)
    took_s = time.monotonic() - started

    assert DEADLINE_S <= took_s < DEADLINE_S + GRACE_S + 1
    assert found["quick"].state.status is SourceStatus.OK
    assert found["slow"].state.status is SourceStatus.PARTIAL
    assert found["slow"].readings["slow.first"].value == 1
    assert found["slow"].missing == {"slow.second": Missing(Reason.TIMED_OUT, "slow: no answer within 0.3 s")}
    assert found["slow"].state.hint is not None


def test_what_is_written_after_the_deadline_changes_nothing() -> None:
    found = run(slow=hanging)["slow"]
    before = dict(found.readings), dict(found.missing)
    released.set()
    for thread in threading.enumerate():
        if thread.name == "collect-slow":
            thread.join(5)

    assert (dict(found.readings), dict(found.missing)) == before


def test_a_fault_of_fastdiag_costs_one_source_and_asks_to_be_reported() -> None:
    found = run(bad=broken, good=complete)

    assert found["good"].state.status is SourceStatus.OK
    assert found["bad"].state.status is SourceStatus.PARTIAL
    assert found["bad"].state.error == "ZeroDivisionError: division by zero"
    assert "report it" in (found["bad"].state.hint or "")
    assert found["bad"].missing["bad.second"].reason is Reason.FAILED


def test_a_library_that_exits_fails_its_source() -> None:
    found = run(a=leaving)["a"]

    assert found.state.status is SourceStatus.FAILED
    assert found.state.error == "SystemExit: a library that gives up"


def test_every_signal_that_a_silent_source_owes_gets_a_reason() -> None:
    found = run(a=empty)["a"]

    assert found.state.status is SourceStatus.OK
    assert found.missing == dict.fromkeys(
        ("a.first", "a.second"), Missing(Reason.ABSENT, "a does not expose it")
    )


def test_a_refusal_explains_what_the_source_did_not_explain_itself() -> None:
    found = run(a=refused)["a"]

    assert found.state.status is SourceStatus.FAILED
    assert found.missing["a.first"] == Missing(Reason.DENIED, "ask your administrator")
    assert found.missing["a.second"] == Missing(Reason.FAILED, "a: connection refused")
    assert found.state.hint == "does it run?"


def test_nothing_to_look_at_is_no_failure() -> None:
    found = run(a=unasked)["a"]

    assert found.state.status is SourceStatus.SKIPPED
    assert {why.reason for why in found.missing.values()} == {Reason.NOT_CONFIGURED}


def test_problems_on_the_way_make_a_source_partial() -> None:
    found = run(a=halting)["a"]

    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == "a table was locked; another thing"
    assert found.state.hint == "try again"


def test_the_order_is_that_of_the_request_and_progress_names_who_is_still_out() -> None:
    told: list[str] = []
    collectors: dict[str, Collector] = {"z": hanging, "b": complete, "a": empty}
    found = gather(Target(deadline_s=DEADLINE_S), catalogue(*collectors), collectors, told.append)

    assert [each.state.name for each in found] == ["z", "b", "a"]
    assert told[0] == "collecting: z, b, a"
    assert told[-1] == "collecting: z"


def test_what_is_done_meanwhile_is_done_while_the_sources_are_out() -> None:
    met = threading.Event()

    def meeting(_: Target, sink: Sink) -> None:
        sink.reading("a.first", float(met.wait(20)))

    (found,) = gather(Target(deadline_s=30), catalogue("a"), {"a": meeting}, meanwhile=met.set)

    assert found.readings["a.first"].value == 1


def test_a_fault_of_what_is_done_meanwhile_is_not_a_sources() -> None:
    def broken() -> None:
        raise ValueError("a rule is wrong")

    with pytest.raises(ValueError, match="a rule is wrong"):
        gather(Target(deadline_s=DEADLINE_S), catalogue("a"), {"a": hanging}, meanwhile=broken)


def test_no_thread_to_be_had_fails_the_source_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    found = run(a=complete)["a"]

    assert found.state.status is SourceStatus.FAILED
    assert "can't start new thread" in (found.state.error or "")
    assert found.state.hint == "raise the pids limit"


def test_a_thread_that_hangs_does_not_keep_the_interpreter_alive() -> None:
    program = (
        "import socket, time\n"
        "from fastdiag.collectors.gather import gather\n"
        "from fastdiag.model.signal import Catalogue\n"
        "from fastdiag.model.target import Target\n"
        "here, there = socket.socketpair()\n"
        "found = gather(Target(deadline_s=0.2), Catalogue(), {'a': lambda target, sink: here.recv(1)})\n"
        "print(found[0].state.status.value)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )

    assert (done.stdout, done.stderr, done.returncode) == ("failed\n", "", 0)


def sink() -> Sink:
    return Sink("a", catalogue("a"), time.monotonic() + 60)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_missing_and_not_a_value(number: float) -> None:
    into = sink()
    into.reading("a.first", number)
    into.reading("a.second", 1, before=number, by=[Part(labels=(), value=number), Part(labels=(), value=2)])
    readings, missing = into.close()

    assert missing == {"a.first": Missing(Reason.ABSENT, f"a returned {number}")}
    assert readings["a.second"].before is None
    assert [part.value for part in readings["a.second"].by] == [2]


def test_a_signal_is_never_both_read_and_missing() -> None:
    into = sink()
    into.missing("a.first", Reason.ABSENT, "not at first")
    into.reading("a.first", 1)
    into.reading("a.second", 1)
    into.missing("a.second", Reason.ABSENT, "not any more")
    readings, missing = into.close()

    assert set(readings) == {"a.first", "a.second"}
    assert not missing


def test_time_left_is_never_negative_and_never_more_than_asked() -> None:
    assert Sink("a", catalogue("a"), time.monotonic() - 5).remaining() == 0
    assert sink().remaining(at_most=2) == 2
    assert 59 < sink().remaining() <= 60


def test_a_unit_is_that_of_the_vocabulary() -> None:
    into = sink()
    into.reading("a.first", 1)

    assert into.close()[0]["a.first"].unit is Unit.COUNT
    with pytest.raises(KeyError):
        into.reading("a.third", 1)
