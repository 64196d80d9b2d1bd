"""Where a stream cannot be told from a request for certain: what is counted, and what is only mentioned."""

from dataclasses import replace

from fastdiag.collectors.processes.turns import is_stream, is_unclear, may_be_stream, request_age_s
from tests.collectors.test_turns import connection


def test_what_the_service_never_answered_with_a_word_hangs_however_old_it_is() -> None:
    hanging = replace(connection(age_s=300.0, segments=1, received=90), last_sent_s=None)

    assert request_age_s(hanging) == 300.0
    assert not is_unclear(hanging)


def test_what_the_service_has_not_even_read_hangs_however_old_it_is() -> None:
    blocked = replace(connection(age_s=300.0, segments=12, received=1200), recv_queue=90)

    assert request_age_s(blocked) == 300.0


def test_what_has_been_open_for_longer_than_clients_wait_is_mentioned_and_not_counted() -> None:
    old = connection(age_s=300.0, segments=2, received=500)

    assert request_age_s(old) is None
    assert is_unclear(old)


def test_an_idle_websocket_is_not_even_mentioned() -> None:
    idle = connection(age_s=12.0, segments=15, received=400 + 14 * 6)

    assert is_stream(idle)
    assert not is_unclear(idle)


def test_a_pong_that_follows_a_ping_at_once_may_be_a_young_websockets() -> None:
    young = replace(connection(age_s=12.0, segments=3, received=420), last_sent_s=12.02)

    assert request_age_s(young) == 12.0
    assert may_be_stream(young)
    assert not may_be_stream(replace(young, last_sent_s=15.0)), "the client took its time"
    assert not may_be_stream(replace(young, data_segments_in=1)), "the first that it says is a request"
    assert not may_be_stream(replace(young, data_segments_in=30)), "an older one would be known by its size"
