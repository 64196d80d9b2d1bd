"""The document: sections as plain data, templates that lay them out, and a policy that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fastdiag.model.report import Report
from fastdiag.redact import disarm
from fastdiag.render.html.causes import Causes, causes
from fastdiag.render.html.changes import Since, since
from fastdiag.render.html.figures import Figures, figures
from fastdiag.render.html.first import First, first
from fastdiag.render.html.past import Before, before
from fastdiag.render.html.room import Room, room
from fastdiag.render.html.seen import Seen, seen

_PACKAGE: Final = "fastdiag.render.html"
_POLICY: Final = "default-src 'none'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'"
"""A browser runs no script, loads nothing and sends nothing; only our own style counts, known by its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that stands on the page. ``is_unfolded`` opens what is folded otherwise."""

    first: First
    causes: Causes
    figures: Figures
    room: Room | None
    since: Since | None
    before: Before
    seen: Seen
    notes: tuple[str, ...]
    version: str
    is_unfolded: bool


def render(report: Report, *, verbose: bool = False) -> str:
    """Return the report as one HTML document that needs nothing else and asks for nothing.

    ``verbose`` unfolds every part. Whatever is folded is on the page in any case, and on paper too but for
    the numbers behind a drawing. The same report yields the same bytes.
    """
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = _POLICY.format(f"sha256-{digest}")
    page = _page(report, is_unfolded=verbose)
    return _environment().get_template("page.html").render(page=page, policy=policy, style=style)


def _page(report: Report, *, is_unfolded: bool) -> Page:
    ranked = causes(report.diagnosis)
    return Page(
        first=first(report, ranked.failures),
        causes=ranked,
        figures=figures(report),
        room=room(report.headroom) if report.headroom else None,
        since=since(report.since) if report.since else None,
        before=before(report),
        seen=seen(report.diagnosis),
        notes=report.notes,
        version=report.diagnosis.snapshot.fastdiag,
        is_unfolded=is_unfolded,
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _printable(value: object) -> object:
    """Return what is printed, before it is escaped: text becomes one line without control characters."""
    return disarm(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _style() -> Markup:
    text = (files(_PACKAGE) / "templates" / "style.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of ours, with nothing filled in
