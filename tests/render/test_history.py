"""A history as people read it: what recurs first, then runs and marks in order of time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from rich.cells import cell_len

from fastdiag.engine.recurrence import recurrences
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.history import Mark, Run
from fastdiag.model.timeline import Timeline
from fastdiag.render.history import json as history_json
from fastdiag.render.history import markdown as history_markdown
from fastdiag.render.history import terminal as history
from tests.history.runs import LOCKS, POOL, cause, mark, run
from tests.render.hostile import TEXTS

RUNS = tuple(
    replace(one, id=number)
    for number, one in enumerate(
        (
            run(0),
            run(1, cause(LOCKS, Verdict.VERY_LIKELY), cause(POOL, Verdict.POSSIBLE, rank=2)),
            run(2),
            run(3),
            run(4, cause(POOL)),
        ),
        15,
    )
)
MARKS = (mark(2.5, "deploy v1.2"),)


def made(runs: tuple[Run, ...], marks: tuple[Mark, ...] = ()) -> Timeline:
    by_service = {one.service: [other for other in runs if other.service == one.service] for one in runs}
    told = ((service, recurrences(those, marks)) for service, those in by_service.items())
    found = tuple((service, several) for service, several in told if several)
    return Timeline(where="/var/lib/fastdiag/history.sqlite", runs=runs[::-1], marks=marks, recurrences=found)


def test_the_screen() -> None:
    assert history.render(made(RUNS, MARKS)) == snapshot("""\
5 runs of shop, 1 mark
/var/lib/fastdiag/history.sqlite

What recurs
The database connection pool is exhausted  in 1 of 5 runs, 1 episode
   seen 2026-11-20 01:00:00 UTC; after 'deploy v1.2'
Statements queue behind one lock in the database  in 1 of 5 runs, 1 episode
   seen 2026-11-20 00:15:00 UTC

Timeline, the newest first (UTC)
19  2026-11-20 01:00:00  report   critical      db-pool-exhaustion 71%
18  2026-11-20 00:45:00  report   ok
    2026-11-20 00:37:30  * deploy v1.2
17  2026-11-20 00:30:00  report   ok
16  2026-11-20 00:15:00  report   critical      database-locks 93% and 1 more
15  2026-11-20 00:00:00  report   ok
""")


def test_several_services_and_hosts_have_columns() -> None:
    runs = (*RUNS[:2], replace(RUNS[2], host="web-2"), replace(RUNS[3], service="mail"))
    text = history.render(made(runs, (mark(1, "mail moved", "mail"),)), width=120)
    assert text == snapshot("""\
4 runs of 2 services, 1 mark
/var/lib/fastdiag/history.sqlite

What recurs in shop
Statements queue behind one lock in the database  in 1 of 3 runs, 1 episode
   seen 2026-11-20 00:15:00 UTC; after 'mail moved'

Timeline, the newest first (UTC)
18  2026-11-20 00:45:00  mail  web-1  report   ok
17  2026-11-20 00:30:00  shop  web-2  report   ok
16  2026-11-20 00:15:00  shop  web-1  report   critical      database-locks 93% and 1 more
    2026-11-20 00:15:00  * mail moved  (mail)
15  2026-11-20 00:00:00  shop  web-1  report   ok
""")


def test_the_ticket() -> None:
    assert history_markdown.render(made(RUNS[:2], MARKS)) == snapshot("""\
# History: 2 runs of shop, 1 mark

## What recurs in shop

- **Statements queue behind one lock in the database** (`database-locks`): in 1 of 2 runs, 1 episode;
  seen 2026-11-20 00:15:00 UTC

## Runs

| run | when | service | host | occasion | status | first cause |
| ---: | --- | --- | --- | --- | --- | --- |
| 16 | 2026-11-20 00:15:00 UTC | shop | web-1 | report | critical | database-locks 93% and 1 more |
| 15 | 2026-11-20 00:00:00 UTC | shop | web-1 | report | ok |  |

## Marks

- 2026-11-20 00:37:30 UTC: deploy v1.2
""")


def test_scripts_get_all_of_it() -> None:
    document = json.loads(history_json.render(made(RUNS, MARKS)))
    assert (document["schema"], document["more"]) == (1, False)
    assert [one["id"] for one in document["runs"]] == [19, 18, 17, 16, 15]
    assert document["runs"][0]["causes"][0]["id"] == POOL
    assert document["runs"][0]["signals"]["service.cpu"] == 0.18
    assert document["marks"] == [
        {"id": 0, "service": "shop", "at": "2026-11-20T00:37:30Z", "text": "deploy v1.2"}
    ]
    first = document["recurrences"][0]
    assert (first["service"], first["id"], first["is_present"]) == ("shop", POOL, True)
    assert first["last_mark"]["text"] == "deploy v1.2"


def test_an_empty_history_says_how_it_fills() -> None:
    empty = Timeline(where="/h.sqlite", runs=())
    assert history.render(empty) == snapshot("""\
nothing is kept here yet: `fastdiag report` keeps what it finds
/h.sqlite
""")
    assert "fastdiag report" in history_markdown.render(empty)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_stays_text(text: str) -> None:
    odd = replace(RUNS[1], host=text, service=text)
    timeline = made((odd, RUNS[2]), (replace(MARKS[0], text=text),))
    screen = history.render(timeline, width=80)
    assert screen.replace("\n", "").isprintable()
    assert max(map(cell_len, screen.splitlines())) <= 80
    ticket = history_markdown.render(timeline)
    assert "<script" not in ticket
    assert ticket.replace("\n", "").isprintable()
    assert history_json.render(timeline).replace("\n", "").isprintable()
