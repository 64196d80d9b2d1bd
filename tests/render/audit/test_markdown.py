# ruff: noqa: E501 - lines of the page as they are
"""For a ticket: what is in it reads as text, whatever it says."""

from __future__ import annotations

from inline_snapshot import snapshot

from fastdiag.render.audit import markdown
from tests.render.audit.sheets import SHEET


def test_the_whole_page() -> None:
    assert markdown.render(SHEET) == snapshot("""\
# Audit of `backend`: 1 critical, 1 warning and 1 note; 1 not analysed

12 files, 3,456 lines, 1 route; 1.2 s; nothing was imported or run

## A blocking call on the event loop (critical, 1)

While the call waits, the event loop serves no other request of the same worker.

**Fix** (`blocking-call`): Await an asynchronous client instead.

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
