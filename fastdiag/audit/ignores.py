"""Findings that a comment beside them sets aside, and comments that set nothing aside.

A comment counts only with a reason: without one, nobody can tell later whether it still holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastdiag.audit.comments import WORD, Comment, CommentsError, comments
from fastdiag.errors import nearest
from fastdiag.model.audit import (
    Check,
    CodePlace,
    Confidence,
    Dismissal,
    Dismissed,
    Finding,
    Unread,
)

if TYPE_CHECKING:
    from fastdiag.source.project import Project

ID: Final = "invalid-ignore"
"""The finding about a comment that sets nothing aside."""
EXAMPLE: Final = f"# fastdiag: {WORD}[blocking-call] reads one small file at start-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Findings, and those that comments set aside; ``faults`` are the findings about the comments."""

    findings: tuple[Finding, ...]
    dismissed: tuple[Dismissed, ...]
    faults: tuple[Finding, ...]
    unread: tuple[Unread, ...]


def sift(
    findings: Iterable[Finding], project: Project, checks: Mapping[str, Check], *, is_complete: bool
) -> Sifted:
    """Return what is left of the findings of all checks.

    Where they are not ``is_complete``, nobody can tell whether a comment has outlived its cause.
    """
    said, unread = _said(project)
    left: list[Finding] = []
    dismissed: list[Dismissed] = []
    used: set[tuple[CodePlace, str]] = set()
    for finding in findings:
        comment = next((one for one in said if _covers(one, finding)), None)
        if comment is None:
            left.append(finding)
        else:
            used.add((comment.place, finding.check))
            dismissed.append(Dismissed(finding=finding, by=Dismissal.COMMENT, reason=comment.reason))
    doubted = () if is_complete else {(one.place, name) for one in said for name in one.ids}
    faults = [fault for comment in said for fault in _faults(comment, checks, used.union(doubted))]
    return Sifted(
        findings=tuple(left), dismissed=tuple(dismissed), faults=tuple(faults), unread=tuple(unread)
    )


def _said(project: Project) -> tuple[list[Comment], list[Unread]]:
    said: list[Comment] = []
    unread: list[Unread] = []
    for module in project.modules.values():
        try:
            said += comments(module.file, module.lines)
        except CommentsError as error:
            unread.append(Unread(place=CodePlace(module.file), reason=f"its comments are not read: {error}"))
    return said, unread


def _covers(comment: Comment, finding: Finding) -> bool:
    return (
        comment.place.file == finding.place.file
        and finding.place.line in comment.lines
        and finding.check in comment.ids
        and comment.word == WORD
        and bool(comment.reason)
    )


def _faults(
    comment: Comment,
    checks: Mapping[str, Check],
    used: Collection[tuple[CodePlace, str]],
) -> Iterator[Finding]:
    severity = checks[ID].severity
    for message, fix in _complaints(comment, checks, used):
        yield Finding(
            check=ID,
            place=comment.place,
            message=message,
            fix=fix,
            confidence=Confidence.CERTAIN,
            severity=severity,
        )


def _complaints(
    comment: Comment,
    checks: Mapping[str, Check],
    used: Collection[tuple[CodePlace, str]],
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a comment, and what would be right."""
    if comment.word != WORD:
        yield f"fastdiag knows no comment {comment.word!r}", nearest(comment.word, [WORD]) or EXAMPLE
        return
    if not comment.ids:
        yield "the comment names no check, so it sets nothing aside", f"name it: {EXAMPLE}"
        return
    for name in comment.ids:
        if name not in checks:
            yield f"there is no check {name!r}", nearest(name, checks) or "fastdiag audit --list names all"
        elif not comment.reason:
            yield f"the comment gives no reason, so {name} still counts", f"say why: {EXAMPLE}"
        elif (comment.place, name) not in used:
            yield f"there is no {name} here to set aside", "remove the comment"
