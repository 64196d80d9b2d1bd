"""`fastdiag coverage -f markdown`: the same as the screen, for a ticket or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from fastdiag.model.checklist import Coverage, Seen, Sight
from fastdiag.render.coverage.words import (
    additions,
    concerns,
    grouped,
    looked_at,
    merits,
    purpose,
    reasons,
    summary,
)
from fastdiag.render.markup import block, code, link, plain

Lines = Iterator[str]


def render(coverage: Coverage) -> str:
    """Return the answers as Markdown (CommonMark, and what GitHub and GitLab make of it)."""
    lines = [f"# {plain(summary(coverage))}", ""]
    for name, items in grouped(coverage):
        lines += [f"## {plain(name)}", ""]
        lines += [line for seen in items for line in _item(seen)]
        lines.append("")
    lines += _additions(coverage)
    lines += [f"Looked at {plain(coverage.taken_at)}: {plain(looked_at(coverage))}."]
    return "\n".join(lines) + "\n"


def _item(seen: Seen) -> Lines:
    by = f": {', '.join(map(code, seen.by))}" if seen.by else ""
    yield f"- **{seen.sight}** {plain(seen.item.title)}{by}"
    for text in (*(f"but {one}" for one in concerns(seen)), *merits(seen)):
        yield f"  - {plain(text)}"
    if seen.sight is Sight.VISIBLE:
        return
    for one in reasons(seen, in_full=True):
        yield f"  - {plain(one)}"
    if seen.sight is Sight.CANNOT_TELL:
        yield f"  - find out: {code(seen.item.obtain)}"
    yield f"  - why: {plain(seen.item.why)}"
    if seen.item.references:
        yield f"  - see {', '.join(map(link, seen.item.references))}"


def _additions(coverage: Coverage) -> Lines:
    found = additions(coverage)
    if found:
        yield from ("## To see more", "")
    for one in found:
        yield from (
            f"- {plain(one.add_to)}: {plain(purpose(one))}",
            "",
            block(one.lines, "  ", _language(one.lines)),
            "",
        )


def _language(lines: str) -> str:
    is_python = any(line.startswith(("from ", "import ")) for line in lines.splitlines())
    return "python" if is_python else ""
