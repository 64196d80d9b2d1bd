"""A diagnosis whose every foreign text tries to be more than text."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Missing, Part, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from tests.render.diagnoses import LOCKS, POOL_DRAINED, by_signal, reading

TEXTS = {
    "rich markup": "[red]x[/] [link=http://evil.example]y[/link] [/]",
    "terminal colour": "\x1b[31mred\x1b[0m",
    "terminal title": "\x1b]0;owned\x07",
    "C1 control sequence": "\x9b2Jgone",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Markdown table and code": "`|` ``` | a | b |",
    "Markdown emphasis": "**bold** _em_ ~~gone~~ # title",
    "Markdown link": "[click](javascript:alert(1)) ![i](http://evil.example/i.png)",
    "mention": "@everyone see #123 and https://evil.example/x or www.evil.example",
    "new lines": "a\n\n# heading\r\n- item\n<div>\n```\ncode",
    "right to left": "abc\u202etxt.exe\u2066x\u2069",
    "zero width": "pass\u200bword\ufeff\u00ad",
    "line separators": "a\u2028b\u2029c\x85d\x0be",
    "lone surrogate": "x\udc80y",
    "entity": "&lt;b&gt; &amp; &#64;",
    "long": "w" * 400,
    "wide": "漢字" * 60,
    "backslashes": "\\` \\\\` \\[x](y)",
    "private use": "a\ue000b 1\ue000>= 2",
}


def diagnosis_of(text: str) -> Diagnosis:
    """Return a diagnosis that holds the text wherever something from outside may stand."""
    foreign = Part(labels=(("handler", text), ("method", text)), value=6.1, count=50.0)
    upstream = Part(labels=(("note", text),), value=9.0)
    readings = by_signal(
        reading("http.latency.p95", Unit.SECONDS, 4.2, by=(foreign,), bias=text),
        reading("db.locks.behind_one", Unit.COUNT, 12.0, by=(upstream,)),
    )
    state = SourceState(name="probe", status=SourceStatus.FAILED, target=text, error=text, hint=text)
    snapshot = Snapshot(
        service=text,
        taken_at=text,
        window_s=300.0,
        readings=readings,
        missing={"db.locks.oldest": Missing(Reason.DENIED, text)},
        sources=(state, replace(state, status=SourceStatus.SKIPPED)),
        parameters={"slow": text},
        observed=(text,),
        fastdiag="0.1.0",
    )
    unknown = replace(LOCKS.unknown[0], reasons={"db.locks.oldest": f"denied: {text}"})
    return replace(POOL_DRAINED, snapshot=snapshot, causes=(replace(LOCKS, unknown=(unknown,)),))
