"""The line that blocks, as a sentence."""

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Fact
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Labels, Part
from fastdiag.render.frames import caught
from tests.render.test_sight import UPSTREAM, reading, seen

LINE = ("frame", "shop/p.py:42 in total")
SLEEPS = Fact(
    because="it sleeps",
    when="loop.blocking_frame >= 40%",
    said="",
    log_odds=4.0,
    signals={"loop.blocking_frame": 0.95},
    reasons={},
)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            (("calls", "rpc.get"), ("does", "a read"), LINE),
            "calls rpc.get (a read), in 19 of 20 samples",
        ),
        ((("calls", "requests.get"), LINE), "calls requests.get, in 19 of 20 samples"),
        ((("does", "a sleep"), LINE), "waits in a sleep, in 19 of 20 samples"),
        ((LINE,), "sleeps, in 19 of 20 samples"),
    ],
)
def test_what_speaks_for_a_cause_names_the_line_and_how_often(labels: Labels, sentence: str) -> None:
    parts = (Part(labels=labels, value=0.95, count=20), Part(labels=labels, value=0.05, count=20))
    snapshot = seen(reading("loop.blocking_frame", Unit.RATIO, 0.95, by=parts))
    assert caught(snapshot, replace(UPSTREAM, supports=(SLEEPS,))) == (f"shop/p.py:42 in total {sentence}",)
    assert caught(snapshot, replace(UPSTREAM, supports=())) == ()


def test_what_the_audit_says_of_a_line_stands_below_it_once() -> None:
    said = "blocking-call: requests.get waits for an HTTP answer, from GET /total"
    workers = ("7", "8")
    parts = tuple(
        Part(labels=(("audit", said), LINE, ("worker", worker)), value=0.95, count=20) for worker in workers
    )
    snapshot = seen(reading("loop.blocking_frame", Unit.RATIO, 0.95, by=parts))
    told = caught(snapshot, replace(UPSTREAM, supports=(SLEEPS,)))
    sentence = "shop/p.py:42 in total sleeps, in 19 of 20 samples"
    assert told == (sentence, f"the audit of this line: {said}", sentence)
