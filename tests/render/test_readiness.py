"""The checklist as people and scripts see it: laid out, bounded, and with foreign text that stays text."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fastdiag.model.checklist import Answer, Attestation, Evidence, Readiness
from fastdiag.model.readiness import Checkup
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.render.readiness import json as readiness_json
from fastdiag.render.readiness import markdown, terminal
from tests.readiness.facts import finding, item
from tests.render.hostile import TEXTS

FAILED = Answer(
    item=item("async-no-blocking"),
    verdict=Readiness.FAIL,
    evidence=(
        Evidence(source="processes", text="the loop is free", speaks=True),
        Evidence(
            source="code",
            text="time.sleep sleeps on the event loop",
            speaks=False,
            place=finding("blocking-call").place,
            finding=finding("blocking-call"),
        ),
        Evidence(source="logs", text="no log is known", speaks=None),
    ),
    fix="Await something.\nawait asyncio.sleep(1)",
)
OPEN = Answer(
    item=item("spikes-tested"),
    verdict=Readiness.CANNOT_TELL,
    evidence=(Evidence(source="limits", text="which limit comes first is not known", speaks=None),),
)
VOUCHED = Answer(
    item=item("tasks-idempotent"),
    verdict=Readiness.ATTESTED,
    evidence=(Evidence(source="attestation", text="payments vouches for it", speaks=True),),
    attestation=Attestation(
        item="tasks-idempotent", owner="payments", date="2026-01-01", until="2027-01-01", where="f.yaml:1:1"
    ),
)
CHECKUP = Checkup(
    service="shop",
    taken_at="2026-11-23T06:00:00Z",
    folder="backend",
    answers=(FAILED, OPEN, VOUCHED),
    sources=(SourceState(name="postgres", status=SourceStatus.FAILED, error="refused", hint="start it"),),
    fastdiag="0.1.0",
)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_screen_counts_groups_and_says_what_decides() -> None:
    assert lines(terminal.render(CHECKUP, width=100)) == [
        "READINESS  0 of 3 pass, 1 fail, 1 attested, 1 cannot tell",
        "shop, 2026-11-23 06:00:00 UTC, code in backend, and nothing of the running service",
        "Application and async behaviour",
        "fail         Async routes call no blocking dependency  async-no-blocking",
        "- code, app.py:7: time.sleep sleeps on the event loop",
        "fix  Await something. -v shows the lines.",
        "Workers, deployment, runtime limits",
        "cannot tell  Spikes are tested, not only averages  spikes-tested",
        "? limits: which limit comes first is not known",
        "see  a load test that goes from today's traffic to its tenfold at once, with what it",
        "depends on as slow as on a bad day",
        "Background tasks and queues",
        "attested     Tasks are idempotent where needed  tasks-idempotent",
        "+ attestation: payments vouches for it",
        "What no machine sees, somebody may vouch for in fastdiag.yaml:",
        "attest:",
        "spikes-tested:",
        "owner: TEAM",
        "date: 2026-11-23",
        "until: DATE",
        "note: HOW IT IS KNOWN",
        "Sources  failed: postgres",
        "postgres: refused; start it",
    ]


def test_in_full_it_shows_all_evidence_the_reason_and_the_lines_to_add() -> None:
    shown = terminal.render(CHECKUP, width=100, verbose=True)
    assert "+ processes: the loop is free" in shown
    assert "? logs: no log is known" in shown
    assert "await asyncio.sleep(1)" in shown
    assert FAILED.item.why.split(";")[0] in " ".join(shown.split())


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    assert max(len(line) for line in terminal.render(CHECKUP, width=width).splitlines()) <= width


def test_scripts_find_every_key_of_every_item() -> None:
    document = json.loads(readiness_json.render(CHECKUP))
    assert document["summary"] == {"pass": 0, "fail": 1, "attested": 1, "cannot tell": 1}
    failed, _, vouched = document["items"]
    assert failed["evidence"][1] == {
        "source": "code",
        "text": "time.sleep sleeps on the event loop",
        "speaks": "against",
        "signal": None,
        "place": {"file": "app.py", "line": 7, "column": 5},
        "check": "blocking-call",
        "fingerprint": "blocking-call-7",
    }
    assert vouched["attestation"]["until"] == "2027-01-01"


def test_markdown_holds_all_evidence_and_the_lines_as_a_block() -> None:
    text = markdown.render(CHECKUP)
    assert "- **fail**: Async routes call no blocking dependency (`async-no-blocking`)" in text
    assert "  - not known: logs: no log is known" in text
    assert "    await asyncio.sleep(1)" in text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_is_shown_and_does_nothing(text: str) -> None:
    foreign = replace(
        FAILED, evidence=(Evidence(source="code", text=text, speaks=False),), fix=f"do it\n{text}"
    )
    hostile = replace(CHECKUP, service=text, folder=text, answers=(foreign,))
    for shown in (
        terminal.render(hostile, verbose=True),
        markdown.render(hostile),
        readiness_json.render(hostile),
    ):
        assert all(char.isprintable() or char == "\n" for char in shown)
    assert "<script" not in markdown.render(replace(hostile, answers=(replace(foreign, fix="do it"),)))
