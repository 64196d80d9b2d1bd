"""One invented audit, with everything that a surface has to show."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.audit import (
    Check,
    CodeAudit,
    CodePlace,
    Confidence,
    Dismissal,
    Dismissed,
    Finding,
    Root,
    Setting,
    Severity,
    Step,
    Unread,
)
from fastdiag.model.sinks import SinkKind
from fastdiag.render.audit.sheet import Sheet

BLOCKING = Check(
    id="blocking-call",
    title="A blocking call on the event loop",
    severity=Severity.CRITICAL,
    mechanism="While the call waits, the event loop serves no other request of the same worker.",
    fix="Await an asynchronous client instead.",
    items=("async-no-blocking",),
    causes=("event-loop-blocking",),
    references=("https://fastapi.tiangolo.com/async/",),
)
TIMEOUT = Check(
    id="missing-timeout",
    title="A call that may wait for ever",
    severity=Severity.WARNING,
    mechanism="A dependency that does not answer holds the request, and all that the request holds.",
    fix="Give the client a timeout.",
    causes=("missing-timeout",),
)
INVALID = Check(
    id="invalid-ignore",
    title="An ignore comment that sets nothing aside",
    severity=Severity.NOTE,
    mechanism="Who reads it believes that somebody has decided.",
    fix="Give a reason, or remove it.",
)
CHECKS = {check.id: check for check in (BLOCKING, TIMEOUT, INVALID)}

HTTP = SinkKind(
    id="sync-http",
    title="waits for an HTTP answer",
    severity=Severity.CRITICAL,
    mechanism="A synchronous client holds the thread until the other side has answered.",
    fix="await httpx.AsyncClient",
)
FILES = SinkKind(
    id="file",
    title="reads a file",
    severity=Severity.NOTE,
    mechanism="A disk may be slow.",
    fix="use a thread",
)
KINDS = {kind.id: kind for kind in (HTTP, FILES)}

SINK = CodePlace("app/tax.py", 41, 16)
BLOCKED = Finding(
    check="blocking-call",
    place=SINK,
    message="requests.get waits for an HTTP answer on the event loop, in GET /orders/{id}",
    confidence=Confidence.LIKELY,
    severity=Severity.CRITICAL,
    chain=(
        Step(text="GET /orders/{id}", place=CodePlace("app/main.py", 20, 1), function="app.main.order"),
        Step(text="load_order", place=CodePlace("app/orders.py", 33, 12), function="app.orders.load_order"),
        Step(text="requests.get", place=SINK),
    ),
    sink="requests.get",
    kind="sync-http",
    fix="Use httpx.AsyncClient, one for the whole application.",
    fingerprint="0a1b2c3d4e5f60718293",
)
WAITING = Finding(
    check="missing-timeout",
    place=CodePlace("app/mail.py", 7, 5),
    message="smtplib.SMTP has no timeout",
    confidence=Confidence.CERTAIN,
    severity=Severity.WARNING,
    sink="smtplib.SMTP",
    fingerprint="11111111111111111111",
)
REMARK = Finding(
    check="invalid-ignore",
    place=CodePlace("app/mail.py", 9, 20),
    message="there is no check 'blocking-cal'",
    confidence=Confidence.CERTAIN,
    severity=Severity.NOTE,
    fix="did you mean 'blocking-call'?",
    fingerprint="22222222222222222222",
)
AUDIT = CodeAudit(
    folder="backend",
    files=12,
    lines=3456,
    findings=(WAITING, REMARK, BLOCKED),
    dismissed=(
        Dismissed(
            finding=replace(WAITING, place=CodePlace("app/old.py", 3, 1), fingerprint="3" * 20),
            by=Dismissal.COMMENT,
            reason="goes away with the old mailer",
        ),
        Dismissed(
            finding=replace(WAITING, place=CodePlace("app/older.py", 5, 1), fingerprint="4" * 20),
            by=Dismissal.BASELINE,
        ),
    ),
    unread=(Unread(place=CodePlace("app/legacy.py", 2, 7), reason="not valid syntax: Python 2"),),
    roots=(
        Root(
            text="GET /orders/{id}",
            kind="route",
            place=CodePlace("app/main.py", 20, 1),
            function="app.main.order",
            is_async=True,
        ),
    ),
    settings=(Setting(name="sqlalchemy.pool_size", place=CodePlace("app/db.py", 4, 9), text="20", value=20),),
    packages=("fastapi", "requests"),
    digests={"app/tax.py": "0" * 64},
    seconds=1.234,
)
SHEET = Sheet(
    audit=AUDIT,
    checks=CHECKS,
    base="backend",
    excerpts={SINK: ('response = requests.get(f"{TAX}/{country}")', 11)},
    kinds=KINDS,
)
EMPTY = Sheet(
    audit=CodeAudit(folder=".", files=3, lines=120, findings=(), digests={}, seconds=0.2), checks=CHECKS
)
