"""The screen says who holds the database connections, also where only a consequence rests on them."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Part, Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.render import markdown
from fastdiag.render.holders import holder
from fastdiag.render.outline import outline
from tests.render.diagnoses import POOL_DRAINED, UPSTREAM, reading

LEAKED = "15 of 15 database connections of its pool, all idle in transaction, untouched for up to 11 min"
SILENT = "78 of 95 database connections, silent for up to 53 s"


def told(signal: str, words: str, worker: str = "4127") -> Reading:
    labels = (("holds", words), ("worker", worker))
    other = (("holds", "1 of its 3 open database connections, active, for up to 0.1 s"), ("worker", "4128"))
    by = (Part(labels=other, value=1.0), Part(labels=labels, value=15.0))
    return reading(signal, Unit.COUNT, 16.0, by=by)


def seen(*readings: Reading) -> Snapshot:
    snapshot = POOL_DRAINED.snapshot
    return replace(snapshot, readings={**snapshot.readings, **{each.signal: each for each in readings}})


def test_locks_that_drain_a_pool_name_the_worker_that_holds_it() -> None:
    (locks, *_) = outline(POOL_DRAINED.causes)
    assert locks.consequences
    assert holder(seen(told("db.service.holders", LEAKED)), locks) == (f"worker 4127 holds {LEAKED}",)


def test_behind_a_full_server_the_sockets_tell() -> None:
    (locks, *_) = outline(POOL_DRAINED.causes)
    assert holder(seen(told("db.sockets.silent", SILENT)), locks) == (f"worker 4127 holds {SILENT}",)


def test_the_databases_own_word_counts_first() -> None:
    (locks, *_) = outline(POOL_DRAINED.causes)
    both = seen(told("db.sockets.silent", SILENT), told("db.service.holders", LEAKED, worker="?"))
    assert holder(both, locks) == (f"in use: {LEAKED}",)


def test_a_cause_that_has_nothing_to_do_with_connections_names_nobody() -> None:
    (branch,) = outline((replace(UPSTREAM, driven_by=None),))
    assert holder(seen(told("db.service.holders", LEAKED)), branch) == ()


def test_markdown_says_it_too() -> None:
    said = markdown.render(replace(POOL_DRAINED, snapshot=seen(told("db.service.holders", LEAKED))))
    assert f"- holder: `worker 4127 holds {LEAKED}`" in said
