"""The line that blocks, as a sentence."""

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Fact
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Labels, Part
from fastdiag.render.frames import caught
from tests.render.test_sight import UPSTREAM, reading, seen

LINE = ("frame", "shop/p.py:42 in total")


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
    fact = Fact(
        because="it sleeps",
        when="loop.blocking_frame >= 40%",
        said="",
        log_odds=4.0,
        signals={"loop.blocking_frame": 0.95},
        reasons={},
    )
    assert caught(snapshot, replace(UPSTREAM, supports=(fact,))) == (f"shop/p.py:42 in total {sentence}",)
    assert caught(snapshot, replace(UPSTREAM, supports=())) == ()
