"""Everything goes out at once, is tried again where that helps, and none of it takes longer than its time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from fastdiag.channels.attempts import Patience
from fastdiag.channels.failure import DeliveryError
from fastdiag.channels.send import Parcel, send, to_channel
from fastdiag.model.notify import Slack, Webhook, WebPlace
from fastdiag.model.target import Secret
from tests.channels.receivers import MESSAGE, Answer, Receiver, receiver

HASTY = Patience(pauses_s=(0.01, 0.02), longest_pause_s=1.5, limit_s=5.0)


def webhook_at(server: Receiver, name: str = "webhook") -> Parcel:
    return to_channel(Webhook(name=name, place=server.place()), MESSAGE)


def parcel(attempt: Callable[[float], None]) -> Parcel:
    return Parcel(name="odd", where="here", attempt=attempt, secrets=(Secret("hunter22"),))


def test_what_is_down_for_a_moment_is_tried_again_with_the_same_id() -> None:
    with receiver(Answer(status=503), Answer(status=502), Answer()) as server:
        [done] = send([webhook_at(server)], HASTY)
    assert (done.error, done.attempts) == (None, 3)
    assert {one.headers["idempotency-key"] for one in server.arrived} == {MESSAGE.id}


def test_what_stays_down_is_given_up_after_three_attempts() -> None:
    with receiver(Answer(status=503, body=b"maintenance")) as server:
        [done] = send([webhook_at(server)], HASTY)
    assert done.error == "the server does not take it now (503): maintenance"
    assert (done.attempts, len(server.arrived)) == (3, 3)
    assert str(done) == f"webhook (127.0.0.1:{server.port}) failed, tried 3 times: {done.error}"


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    with receiver(Answer(status=403)) as server:
        [done] = send([webhook_at(server)], HASTY)
    assert (done.attempts, len(server.arrived)) == (1, 1)


def test_a_server_gets_the_pause_that_it_asks_for() -> None:
    with receiver(Answer(status=429, headers={"retry-after": "1"}), Answer()) as server:
        started = time.monotonic()
        [done] = send([webhook_at(server)], HASTY)
    assert (done.error, done.attempts) == (None, 2)
    assert time.monotonic() - started >= 1


def test_a_pause_that_nobody_waits_for_ends_it() -> None:
    with receiver(Answer(status=429, headers={"retry-after": "3"})) as server:
        [done] = send([webhook_at(server)], HASTY)
    assert done.error == "the server does not take it now (429, asks to wait 3 s): ok"
    assert done.attempts == 1


def test_nothing_is_tried_again_without_the_time_for_an_answer() -> None:
    with receiver(Answer(status=503)) as server:
        [done] = send([webhook_at(server)], Patience(pauses_s=(0.01,), limit_s=0.4))
    assert (done.attempts, len(server.arrived)) == (1, 1)


def test_one_that_hangs_holds_up_neither_the_others_nor_the_end() -> None:
    with receiver(Answer(holds=True)) as black_hole, receiver() as server:
        done = send(
            [webhook_at(black_hole, "first"), webhook_at(server, "second")],
            Patience(pauses_s=(), limit_s=1.5),
        )
    assert [one.name for one in done] == ["first", "second"]
    assert done[0].error is not None
    assert done[1].error is None


def test_even_one_that_knows_no_deadline_is_left_behind() -> None:
    with receiver(Answer(holds=True)) as black_hole:

        def hang(_: float) -> None:
            black_hole.released.wait(5)

        [done] = send([parcel(hang)], Patience(limit_s=0.1))
    assert (done.error, done.hint) == ("not done within 0 s", "it may have arrived all the same")


def test_one_that_hangs_does_not_keep_the_process_alive() -> None:
    script = """
import time
from fastdiag.channels.attempts import Patience
from fastdiag.channels.send import Parcel, send
send([Parcel(name="odd", where="here", attempt=lambda _: time.sleep(600))], Patience(limit_s=0.1))
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_defect_of_a_channel_is_a_failed_delivery_that_shows_no_secret() -> None:
    def defect(_: float) -> None:
        raise KeyError("password hunter22")

    [done] = send([parcel(defect)])
    assert done.error is not None
    assert "KeyError" in done.error
    assert "hunter22" not in str(done)


def test_a_complaint_that_quotes_the_secret_is_masked() -> None:
    def complain(_: float) -> None:
        raise DeliveryError("no hunter22 here", hint="forget hunter22")

    [done] = send([parcel(complain)])
    assert (done.error, done.hint) == ("no *** here", "forget ***")


def test_what_echoes_the_address_of_a_webhook_does_not_show_it() -> None:
    path = "/services/T0001/B0002/v3rys3cr3t"
    secrets = (Secret(path), Secret("v3rys3cr3t"))
    with receiver(Answer(status=400, body=b"no such hook: v3rys3cr3t")) as server:
        place = WebPlace(url=Secret(server.url(path)), secrets=secrets)
        [done] = send([to_channel(Slack(name="slack", place=place), MESSAGE)])
    assert done.error == "the server refused it (400): no such hook: ***"
    assert done.where == f"127.0.0.1:{server.port}"
