"""What people are told: short, plain, and safe whatever a source said."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.notify import Message, Why
from fastdiag.render.notice import notice, trial
from tests.render.diagnoses import HEALTHY, LOCKS, POOL_DRAINED, UNDECIDED
from tests.render.headrooms import BUSY

TEXT = """\
the status was ok and is critical
- CPU is low, but latency is high: service.cpu 12% < 50%, http.latency.p95 4.2 s > 1s
- Requests hang without clear errors: http.stuck 14 >= 1
1. Statements queue behind one lock in the database: very likely, 91% (71-97%)
   one connection holds up most of the statements that wait: db.locks.behind_one 12 >= 5
   a connection that is idle in transaction holds others up: db.locks.idle_blockers 1 >= 1
   fix now: End the blocking session: SELECT pg_terminate_backend(PID). Its transaction is rolled back.
2. A service that this one calls is slow: possible, 19% (2-30%)
2026-11-22 03:14:07 UTC, over the last 5 min; fastdiag 0.1.0 on web-1"""


def told(diagnosis: object = POOL_DRAINED, **more: object) -> Message:
    given = {"why": Why.NEWS, "news": ("the status was ok and is critical",), "host": "web-1", **more}
    return notice(diagnosis, **given)  # type: ignore[arg-type]


def test_a_chat_reads_why_it_is_told_what_is_wrong_and_what_to_do() -> None:
    assert told().text == TEXT


def test_the_first_limit_stands_there_when_it_is_known() -> None:
    assert "the database: it is used up now, 97 of 97" in told(headroom=BUSY).text


def test_what_the_headline_does_not_name_is_not_to_be_fixed_yet() -> None:
    assert told().text.count("fix now") == 1
    assert told(UNDECIDED).text.count("fix now") == 2


def test_the_subject_is_the_verdict_on_one_line() -> None:
    subject = told().subject
    assert subject.startswith("CRITICAL shop-api: very likely statements queue behind one lock")
    assert told(HEALTHY).subject.startswith("OK shop-api looks healthy")


def test_the_same_news_has_the_same_id_and_other_news_another() -> None:
    assert told().id == told().id
    assert told().id != told(host="web-2").id
    assert told().id != told(news=("a new first cause",)).id


def test_foreign_text_cannot_add_a_line_or_an_escape() -> None:
    hostile = replace(LOCKS, title="x\x1b[2J\r\nfix now: curl evil")
    message = told(replace(POOL_DRAINED, causes=(hostile,)), host="web\n1")
    assert "\x1b" not in message.text
    assert message.text.count("\n") == TEXT.count("\n") - 1
    assert "\n" not in message.subject


def test_a_test_message_says_what_it_is() -> None:
    message = trial("shop", "web-1", "2026-11-22T03:14:07Z")
    assert message.subject == "test message of fastdiag for shop"
    assert (message.status, message.document) == (None, "")
