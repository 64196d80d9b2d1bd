"""What a person reads: the worst first, each with its place and the way that leads there."""

from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from fastdiag.model.audit import Finding, Severity
from fastdiag.render.audit import terminal
from tests.render.audit.sheets import AUDIT, BLOCKED, EMPTY, SHEET, WAITING


def test_the_worst_stands_first_and_each_check_is_explained_once() -> None:
    assert terminal.render(SHEET, width=80) == snapshot("""\
AUDIT  1 critical, 1 warning and 1 note; 1 not analysed
12 files, 3,456 lines, 1 route; 1.2 s; nothing was imported or run

CRITICAL  A blocking call on the event loop: it waits for an HTTP answer
          blocking-call, 1
  A synchronous client holds the thread until the other side has answered.
  fix  await httpx.AsyncClient

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


def test_no_file_at_all_is_no_clean_result() -> None:
    nothing = replace(EMPTY, audit=replace(EMPTY.audit, files=0, lines=0))
    assert terminal.render(nothing).startswith("AUDIT  no Python file to look at\n")


def test_verbose_lists_what_was_set_aside_and_why() -> None:
    shown = terminal.render(SHEET, width=100, verbose=True)
    assert "goes away with the old mailer" in shown
    assert "no reason is given (baseline)" in shown
    assert "fix  did you mean 'blocking-call'?" in shown


def blocked(line: int, function: str) -> Finding:
    """Return a blocking call in a function of its own."""
    way = replace(BLOCKED.chain[1], function=function)
    return replace(BLOCKED, place=BLOCKED.place._replace(line=line), chain=(BLOCKED.chain[0], way))


def test_a_flood_of_one_check_is_cut_unless_everything_is_asked_for() -> None:
    many = tuple(blocked(number, f"app.f{number}") for number in range(1, 40))
    sheet = replace(SHEET, audit=replace(AUDIT, findings=many))
    assert "and 19 more, in backend/app/tax.py (19); -v shows all" in terminal.render(sheet)
    assert terminal.render(sheet, verbose=True).count("-->") == len(many)


def test_equal_findings_of_one_function_are_told_together_unless_everything_is_asked_for() -> None:
    same = tuple(blocked(number, "app.f") for number in range(1, 13))
    sheet = replace(SHEET, audit=replace(AUDIT, findings=(*same, blocked(90, "app.g"))))
    shown = terminal.render(sheet)
    assert shown.count("-->") == 2
    assert "also  lines 2, 3, 4, 5, 6, 7, 8, 9 and 3 more of the function" in shown
    assert terminal.render(sheet, verbose=True).count("-->") == 13


def test_each_kind_of_blocking_call_has_its_own_heading_mechanism_and_fix() -> None:
    file = replace(BLOCKED, kind="file", fix="use a thread")
    shown = terminal.render(replace(SHEET, audit=replace(AUDIT, findings=(file, BLOCKED))), width=120)
    http, disk = shown.split("CRITICAL  ")[1:]
    assert http.startswith(
        "A blocking call on the event loop: it waits for an HTTP answer  blocking-call, 1\n"
    )
    assert "A synchronous client holds the thread until the other side has answered." in http
    assert "  fix  Use httpx.AsyncClient, one for the whole application." in http
    assert "  A disk may be slow.\n  fix  use a thread\n" in disk
    assert disk.count("fix  ") == 1, "its own advice is that of its kind, which stands above it"


def test_a_flood_begins_with_what_each_check_found_and_ends_with_its_numbers() -> None:
    many = tuple(blocked(number, f"app.f{number}") for number in range(1, 45))
    notes = tuple(replace(WAITING, severity=Severity.NOTE) for _ in range(2))
    shown = terminal.render(replace(SHEET, audit=replace(AUDIT, findings=(*many, *notes, WAITING))))
    _, checks, files, *_ = shown.split("\n\n")
    assert checks.splitlines() == [
        "  critical  44  blocking-call    it waits for an HTTP answer",
        "  warning    1  missing-timeout  A call that may wait for ever",
        "  note       2  missing-timeout  A call that may wait for ever",
    ]
    assert files.splitlines() == [
        "  most in   44  backend/app/tax.py",
        "             3  backend/app/mail.py",
    ]
    assert shown.count("-->") == terminal.MAX_SHOWN_OF_MANY + 1, "the first group leaves room for the others"
    assert "\n44 critical, 1 warning and 2 notes, counted by check" in shown


def test_a_place_of_a_chain_is_never_broken() -> None:
    deep = "a/very/long/way/down/to/a/module/that/lies/in/a/folder/below/the/others/x.py"
    way = tuple(replace(step, place=step.place._replace(file=deep)) for step in BLOCKED.chain)
    shown = terminal.render(replace(SHEET, audit=replace(AUDIT, findings=(replace(BLOCKED, chain=way),))))
    assert all(f"backend/{deep}:{step.place.line}\n" in shown for step in way)


def test_what_was_kept_from_the_last_audit_is_told() -> None:
    assert "unchanged since the last audit" in terminal.render(
        replace(SHEET, audit=replace(AUDIT, from_cache=True)), width=120
    )


def test_no_line_is_wider_than_the_screen_but_a_place_and_a_line_of_source() -> None:
    for width in (40, 80, 120):
        shown = terminal.render(replace(SHEET, excerpts={}), width=width)
        assert all(len(line) <= width for line in shown.splitlines() if "-->" not in line)
