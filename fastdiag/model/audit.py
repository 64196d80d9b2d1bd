"""What an audit of source code finds: places that production will test first, each with its chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding matters, from a remark on."""

    NOTE = "note"
    WARNING = "warning"
    CRITICAL = "critical"


class Confidence(StrEnum):
    """How sure the analysis is that the code does what the finding says."""

    CERTAIN = "certain"  # every step of the chain is resolved from the source itself
    LIKELY = "likely"  # one step rests on an annotation, a name from a known library, or one of few overrides
    POSSIBLE = "possible"  # a step is one of several that the call may mean


class CodePlace(NamedTuple):
    """A point in the audited code: file relative to the audited folder, with /; line and column from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of a chain: what happens at a place, e.g. `GET /orders/{id}`, `load_order`, `requests.get`.

    function  qualified name of the function that the step leads to or is in; empty for a sink outside
    """

    text: str
    place: CodePlace
    function: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of finding, as rules/audit/checks.yaml has it.

    id         what `# fastdiag: ignore[id]` names, e.g. blocking-call
    title      one line
    mechanism  why it hurts in production
    fix        what to do instead
    items      ids of the readiness items on which it bears
    causes     ids of the causes that it becomes under load
    """

    id: str
    title: str
    severity: Severity
    mechanism: str
    fix: str
    items: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place that deserves a look.

    check        id of the check
    place        where to change something: the sink, or the line that lacks what it should have
    message      one sentence on this very place
    chain        from the route (or another root) to the place; empty where none leads there
    sink         dotted name of what is called, where it is a call: `requests.get`
    kind         kind of sink, as the table has it: `sync-http`; empty for other checks
    fix          what to do here, where the check's own fix is not specific enough
    fingerprint  stable under moved lines: names the finding in a baseline and in SARIF
    """

    check: str
    place: CodePlace
    message: str
    confidence: Confidence
    severity: Severity
    chain: tuple[Step, ...] = ()
    sink: str = ""
    kind: str = ""
    fix: str = ""
    fingerprint: str = ""


class Dismissal(StrEnum):
    """Why a finding is not counted."""

    COMMENT = "comment"  # fastdiag: ignore[id] reason
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """A finding that somebody has decided about; ``reason`` is what stands beside it."""

    finding: Finding
    by: Dismissal
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file (or a part of one) that could not be analysed, and why: it is reported, never passed over."""

    place: CodePlace
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where the framework enters the code: a route, a dependency, a middleware, a task.

    text      `GET /orders/{id}`, `middleware TimingMiddleware`, `lifespan`, `websocket /ws`, `celery task x`
    is_async  whether it runs on the event loop; a plain `def` route runs in a thread
    """

    text: str
    kind: str
    place: CodePlace
    function: str
    is_async: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number or a word that the code configures, e.g. pool_size of an engine; None = the library's default.

    name    `sqlalchemy.pool_size`, `asyncpg.max_size`, `celery.acks_late`, `httpx.timeout`
    value   as written; None where it is computed at run time and not known (then ``text`` is the expression)
    """

    name: str
    place: CodePlace
    text: str
    value: float | str | bool | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAudit:
    """All that one look at a source tree told.

    folder     what was audited, as the user named it
    packages   outside packages that the code imports (top-level names)
    settings   what it configures of pools, clients and queues
    digests    sha256 of every analysed file: tells later whether a line is still the line that was meant
    seconds    what the analysis took
    """

    folder: str
    files: int
    lines: int
    findings: tuple[Finding, ...]
    dismissed: tuple[Dismissed, ...] = ()
    unread: tuple[Unread, ...] = ()
    roots: tuple[Root, ...] = ()
    settings: tuple[Setting, ...] = ()
    packages: tuple[str, ...] = ()
    digests: Mapping[str, str]
    seconds: float = 0.0
    from_cache: bool = False
