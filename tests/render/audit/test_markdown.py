# ruff: noqa: E501 - lines of the page as they are
"""For a ticket: what is in it reads as text, whatever it says."""

from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from fastdiag.render.audit import markdown
from fastdiag.render.audit.sheet import MANY
from tests.render.audit.sheets import AUDIT, BLOCKED, SHEET, WAITING


def test_the_whole_page() -> None:
    assert markdown.render(SHEET) == snapshot("""\
# Audit of `backend`: 1 critical, 1 warning and 1 note; 1 not analysed

12 files, 3,456 lines, 1 route; 1.2 s; nothing was imported or run

## A blocking call on the event loop: it waits for an HTTP answer (critical, 1)

A synchronous client holds the thread until the other side has answered.

**Fix** (`blocking-call`): await httpx.AsyncClient

- <https://fastapi.tiangolo.com/async/>

- `backend/app/tax.py:41:16`: requests.get waits for an HTTP answer on the event loop, in GET /orders/{id} (likely)
  - `response = requests.get(f"{TAX}/{country}")`
  - `GET /orders/{id}` (`backend/app/main.py:20`) → `load_order` (`backend/app/orders.py:33`) → `requests.get` (`backend/app/tax.py:41`)
  - fix: Use httpx.AsyncClient, one for the whole application.

## A call that may wait for ever (warning, 1)

A dependency that does not answer holds the request, and all that the request holds.

**Fix** (`missing-timeout`): Give the client a timeout.

- `backend/app/mail.py:7:5`: smtplib.SMTP has no timeout (certain)

## An ignore comment that sets nothing aside (note, 1)

Who reads it believes that somebody has decided.

**Fix** (`invalid-ignore`): Give a reason, or remove it.

- `backend/app/mail.py:9:20`: there is no check 'blocking-cal' (certain)
  - fix: did you mean 'blocking-call'?

## Not analysed (1)

- `backend/app/legacy.py:2:7`: not valid syntax: Python 2

## Set aside (2)

- `backend/app/old.py:3:1`: smtplib.SMTP has no timeout (by comment: goes away with the old mailer)
- `backend/app/older.py:5:1`: smtplib.SMTP has no timeout (by baseline)
""")


def test_a_flood_begins_with_a_table_of_what_each_check_found() -> None:
    many = tuple(replace(BLOCKED, place=BLOCKED.place._replace(line=number)) for number in range(1, MANY + 1))
    page = markdown.render(replace(SHEET, audit=replace(AUDIT, findings=(*many, WAITING))))
    row = (
        "| critical | 40 | `blocking-call` | A blocking call on the event loop: it waits for an HTTP answer |"
    )
    assert row in page
    assert page.index(row) < page.index("## A blocking call")
    assert "| severity |" not in markdown.render(SHEET)
