"""Headroom on paper: the whole screen compared, and what must hold for any content."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fastdiag.engine.headroom import headroom as reckon
from fastdiag.model.headroom import Fixed, Growth, Headroom, Measured, ScalesWith
from fastdiag.model.quantity import Quantity
from fastdiag.model.signal import Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.headroom import json as headroom_json
from fastdiag.render.headroom import markdown as headroom_markdown
from fastdiag.render.headroom import terminal as headroom
from fastdiag.render.headroom.words import headline, multiple, time
from tests.engine.headroom_tables import FULL, UNITS, book, limit, reading, standing
from tests.engine.headroom_tables import snapshot as spotted
from tests.render.golden import assert_golden
from tests.render.headrooms import ASLEEP, BUSY, HIDDEN, IDLE, LOOP, MEMORY, POOL, SLOTS, UNSEEN, table
from tests.render.snapshots import readings, snapshots

ASKED = (
    "db.pool.size",
    "db.connections.total",
    "db.connections.usable",
    "db.service.connections",
    "db.pgbouncer.servers.limit",
    "db.pgbouncer.clients.limit",
    "threads.limiter.size",
    "workers.count",
    "service.cores",
    "process.rss",
    "process.rss.limit",
    "server.keepalive",
    "server.timeout",
    "server.graceful_timeout",
    "server.backlog.configured",
    "server.backlog.limit",
    "http.latency.p99",
)
HOSTILE = "[red]x[/red] \x1b[31m`rm` <b>|"


ALL = {"busy": BUSY, "idle": IDLE, "unseen": UNSEEN}
FOLDER = Path(__file__).parent.parent / "golden_headroom"


@pytest.mark.parametrize(("name", "width"), [("busy", 80), ("busy", 120), ("idle", 80), ("unseen", 80)])
def test_the_screen(name: str, width: int) -> None:
    assert_golden(f"{name}-{width}.txt", headroom.render(ALL[name], width=width), FOLDER)


def test_the_verbose_screen() -> None:
    assert_golden("busy-verbose.txt", headroom.render(BUSY, width=80, verbose=True), FOLDER)


def test_markdown() -> None:
    assert_golden("busy.md", headroom_markdown.render(BUSY), FOLDER)


def test_the_document_for_scripts() -> None:
    assert_golden("busy.json", headroom_json.render(BUSY), FOLDER)


@pytest.mark.parametrize("name", ALL)
def test_every_key_is_always_there(name: str) -> None:
    """Scripts need not ask whether a key exists; what is not known is null."""

    def keys(document: object) -> object:
        return sorted(document) if isinstance(document, dict) else document

    busy, other = headroom_json.document(BUSY), headroom_json.document(ALL[name])
    assert keys(other) == keys(busy)
    for part in ("limits", "unknown", "arithmetic"):
        rows = [*busy[part], *other[part]]  # type: ignore[misc]  # lists, as the golden file shows
        assert len({str(keys(row)) for row in rows}) == 1


@pytest.mark.parametrize("made", ALL.values(), ids=ALL)
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_screen(made: Headroom, *, verbose: bool, width: int) -> None:
    lines = headroom.render(made, width=width, verbose=verbose).splitlines()
    assert max(cell_len(line) for line in lines if "fastdiag explain" not in line) <= width


def test_an_ascii_terminal_gets_ascii() -> None:
    assert headroom.render(BUSY, encoding="ascii").isascii()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (BUSY, "shop: the database: it is used up now, 97 of 97"),
        (
            IDLE,
            "shop: no limit that was seen is near; first comes the database, beyond 10 x today's connections",
        ),
        (UNSEEN, "shop: no limit could be seen"),
    ],
)
def test_the_headline(made: Headroom, said: str) -> None:
    assert headline(made) == said


def test_what_is_almost_full_comes_first_even_if_it_does_not_follow_traffic() -> None:
    memory = limit("x.share", FULL, name="memory", scales_with=ScalesWith.NONE)
    taken = spotted(
        reading("http.rps", 9), reading("x.share", 0.97), reading("x.used", 5), reading("x.most", 9)
    )
    made = reckon(taken, book(memory, limit(name="pool")))
    assert headline(made).startswith("shop: the memory at 97%; first limit: the pool, at 1.8 x today's")


def test_where_something_is_almost_full_nobody_is_told_that_no_limit_is_near() -> None:
    memory = limit("x.share", FULL, name="memory", scales_with=ScalesWith.NONE)
    taken = spotted(
        reading("http.rps", 9), reading("x.share", 0.97), reading("x.used", 1), reading("x.most", 900)
    )
    made = reckon(taken, book(memory, limit(name="pool")))
    assert headline(made).startswith("shop: the memory at 97%; next comes the pool, beyond 10 x today's")


def test_a_growth_is_not_told_further_than_it_was_watched() -> None:
    memory = limit("x.bytes", Measured("x.size"), scales_with=ScalesWith.NONE, growth=Growth("x.grown", 3600))
    sizes = (reading("x.bytes", 600), reading("x.size", 1000))
    near = standing(memory, *sizes, reading("x.grown", 100))
    far = standing(memory, *sizes, reading("x.grown", 100, source="processes"))
    assert (multiple(near), time(near)) == ("4 h", "full in 4 h if it goes on growing as now (prometheus)")
    assert (multiple(far), time(far)) == ("-", "grows with time, but was watched for 5 s only (processes)")


@pytest.mark.parametrize(
    ("used", "most", "said"),
    [(20, 29, "x1.4"), (20, 21, "x1.05"), (1, 9.99, "x9.9"), (1, 10, ">x10"), (20, 20, "full"), (0, 9, "-")],
)
def test_a_multiple_is_rounded_down_and_not_promised_far_away(used: float, most: float, said: str) -> None:
    found = standing(limit(), reading("http.rps", 9), reading("x.used", used), reading("x.most", most))
    assert multiple(found) == said


def test_foreign_text_is_inert() -> None:
    hostile = standing(
        limit(),
        reading("http.rps", 9),
        reading("x.used", 5, parts={HOSTILE: 5, "b": 1}, source=HOSTILE, bias=HOSTILE),
        reading("x.most", 9, parts={HOSTILE: 9, "b": 9}),
    )
    made = dataclasses.replace(
        BUSY, snapshot=dataclasses.replace(BUSY.snapshot, service=HOSTILE), limits=(hostile,)
    )
    screen = headroom.render(made, width=200)
    assert "\x1b" not in screen
    assert "[red]x[/red]" in screen
    document = headroom_markdown.render(made)
    assert "\x1b" not in document
    assert "<b>" not in document.replace(f"`{HOSTILE}`", "")
    assert "\x1b" not in headroom_json.render(made)


@given(
    found=st.lists(readings(st.sampled_from([*UNITS, *ASKED])), max_size=12),
    around=snapshots,
    width=st.integers(min_value=40, max_value=130),
    verbose=st.booleans(),
)
def test_any_snapshot_can_be_shown(
    found: list[Reading], around: Snapshot, width: int, *, verbose: bool
) -> None:
    taken = dataclasses.replace(around, readings={one.signal: one for one in found}, parameters={})
    made = reckon(taken, table(POOL, LOOP, MEMORY, SLOTS, HIDDEN, ASLEEP))
    assert headroom.render(made, width=width, verbose=verbose)
    assert headroom_markdown.render(made)
    assert json.loads(headroom_json.render(made))["schema"] == 1


def test_a_limit_that_nobody_has_set_is_not_to_be_looked_for() -> None:
    unset = dataclasses.replace(
        UNSEEN.unknown[0], missing=(("x.most", Missing(Reason.ABSENT, "no limit is set")),)
    )
    unseen = dataclasses.replace(
        UNSEEN.unknown[0], missing=(("x.most", Missing(Reason.ABSENT, "not exposed")),)
    )
    for shown, section in (
        (unset, "No limits in the present state"),
        (unseen, "Not known, and how to see it"),
    ):
        made = dataclasses.replace(UNSEEN, unknown=(shown,), dormant=())
        for text in (headroom.render(made), headroom_markdown.render(made)):
            assert section in text
            assert shown.limit.title in text


def test_a_proof_that_a_limit_is_reached_stands_in_place_of_numbers() -> None:
    refused = limit("x.used", Fixed(Quantity(1, None, "1"), "it refused us"), name="database")
    made = reckon(spotted(reading("x.used", 1)), table(refused))
    assert headline(made).endswith("it is used up now, it refused us")
