"""What a person reads: the worst first, each with its place and the way that leads there."""

from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from fastdiag.render.audit import terminal
from tests.render.audit.sheets import AUDIT, BLOCKED, EMPTY, SHEET


def test_the_worst_stands_first_and_each_check_is_explained_once() -> None:
    assert terminal.render(SHEET, width=80) == snapshot("""\
AUDIT  1 critical, 1 warning and 1 note; 1 not analysed
12 files, 3,456 lines, 1 route; 1.2 s; nothing was imported or run

CRITICAL  A blocking call on the event loop  blocking-call, 1
  While the call waits, the event loop serves no other request of the same
  worker.
  fix  Await an asynchronous client instead.

  requests.get waits for an HTTP answer on the event loop, in GET /orders/{id}
  likely
  --> backend/app/tax.py:41:16
  41 | response = requests.get(f"{TAX}/{country}")
                  ^
    GET /orders/{id}  backend/app/main.py:20
    └ load_order  backend/app/orders.py:33
      └ requests.get  backend/app/tax.py:41
  fix  Use httpx.AsyncClient, one for the whole application.

WARNING  A call that may wait for ever  missing-timeout, 1
  A dependency that does not answer holds the request, and all that the request
  holds.
  fix  Give the client a timeout.

  smtplib.SMTP has no timeout  certain
  --> backend/app/mail.py:7:5

NOTE  An ignore comment that sets nothing aside  invalid-ignore, 1
  Who reads it believes that somebody has decided.
  fix  Give a reason, or remove it.

  - backend/app/mail.py:9:20  there is no check 'blocking-cal'

Not analysed: 1
  backend/app/legacy.py:2:7  not valid syntax: Python 2

Set aside  1 by comments in the code and 1 by the baseline (-v lists them)

`fastdiag explain blocking-call` says more. A finding that is meant to stay gets
`# fastdiag: ignore[blocking-call] reason` on its line or above.
""")


def test_nothing_found_is_said_with_what_was_looked_at() -> None:
    assert terminal.render(EMPTY, width=80) == snapshot("""\
AUDIT  nothing found
3 files, 120 lines; 0.20 s; nothing was imported or run
""")


def test_verbose_lists_what_was_set_aside_and_why() -> None:
    shown = terminal.render(SHEET, width=100, verbose=True)
    assert "goes away with the old mailer" in shown
    assert "no reason is given (baseline)" in shown
    assert "fix  did you mean 'blocking-call'?" in shown


def test_a_flood_of_one_check_is_cut_unless_everything_is_asked_for() -> None:
    many = tuple(replace(BLOCKED, place=BLOCKED.place._replace(line=number)) for number in range(1, 40))
    sheet = replace(SHEET, audit=replace(AUDIT, findings=many))
    assert "and 19 more, in backend/app/tax.py (19); -v shows all" in terminal.render(sheet)
    assert terminal.render(sheet, verbose=True).count("-->") == len(many)


def test_what_was_kept_from_the_last_audit_is_told() -> None:
    assert "unchanged since the last audit" in terminal.render(
        replace(SHEET, audit=replace(AUDIT, from_cache=True)), width=120
    )


def test_no_line_is_wider_than_the_screen_but_a_place_and_a_line_of_source() -> None:
    for width in (40, 80, 120):
        shown = terminal.render(replace(SHEET, excerpts={}), width=width)
        assert all(len(line) <= width for line in shown.splitlines() if "-->" not in line)
