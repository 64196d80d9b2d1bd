"""The partner of the stacks fails, limits, counts and goes away when it is told to."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.stack.upstream import Counts, Upstream, upstream


@pytest.fixture
def partner(server_directory: Path) -> Iterator[Upstream]:
    with upstream(server_directory, latency_s=0.01) as started:
        yield started


def ask(partner: Upstream, times: int) -> Counter[int]:
    """Ask so often at once, and count the statuses."""
    with ThreadPoolExecutor(times) as threads:
        answers = threads.map(lambda _: httpx.get(partner.url, timeout=10), range(times))
        return Counter(answer.status_code for answer in answers)


def test_a_partner_with_a_rate_limit_turns_away_what_exceeds_it(partner: Upstream) -> None:
    partner.change(per_second=2)
    assert ask(partner, 5) == {200: 2, 429: 3}
    assert partner.counts() == Counts(calls=5, turned_away=3)


def test_a_partner_that_is_full_turns_the_others_away(partner: Upstream) -> None:
    partner.change(at_once=1, latency_s=2.0)
    assert ask(partner, 4) == {200: 1, 503: 3}


def test_a_partner_that_is_full_lets_some_wait_for_their_turn(partner: Upstream) -> None:
    partner.change(at_once=1, may_wait=3, latency_s=0.2)
    assert ask(partner, 4) == {200: 4}


def test_a_partner_fails_the_share_that_it_is_told(partner: Upstream) -> None:
    partner.change(failing=1.0)
    assert ask(partner, 3) == {500: 3}
    assert partner.counts() == Counts(calls=3, turned_away=0)


def test_a_partner_that_went_away_refuses_connections(partner: Upstream) -> None:
    partner.go_away()
    with pytest.raises(httpx.ConnectError):
        httpx.get(partner.url)
