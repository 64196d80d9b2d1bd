"""The boundary of an audit: what leaves it quotes somebody's source, so secrets are masked.

Every text becomes one printable line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastdiag.model.audit import CodePlace, Dismissed, Finding, Root, Setting, Step, Unread
from fastdiag.redact import Redactor


class Safe:
    """Makes texts safe to show, and columns count characters as editors do, not bytes as Python does."""

    def __init__(self, lines: Mapping[str, Sequence[str]]) -> None:
        """Take the lines of the files, by name."""
        self._lines = lines
        self._mask = Redactor.of(())

    def finding(self, finding: Finding) -> Finding:
        """Return a finding that is safe to show."""
        return replace(
            finding,
            place=self.place(finding.place),
            message=self._mask.text(finding.message),
            chain=tuple(map(self._step, finding.chain)),
            sink=self._mask.label(finding.sink),
            fix=self._mask.text(finding.fix),
        )

    def dismissed(self, one: Dismissed) -> Dismissed:
        """Return a finding that was set aside, safe to show."""
        return replace(one, finding=self.finding(one.finding), reason=self._mask.text(one.reason))

    def unread(self, unread: Unread) -> Unread:
        """Return an unread file with a reason that is safe to show."""
        return replace(unread, reason=self._mask.text(unread.reason))

    def root(self, root: Root) -> Root:
        """Return a root that is safe to show."""
        return replace(root, text=self._mask.label(root.text), place=self.place(root.place))

    def setting(self, setting: Setting) -> Setting:
        """Return a setting that is safe to show: it may be the address of a database."""
        value = setting.value
        shown = self._mask.label(value) if isinstance(value, str) else value
        return replace(
            setting, text=self._mask.text(setting.text), value=shown, place=self.place(setting.place)
        )

    def place(self, place: CodePlace) -> CodePlace:
        """Return a place whose column counts characters."""
        lines = self._lines.get(place.file, ())
        if place.column < 1 or not 0 < place.line <= len(lines) or lines[place.line - 1].isascii():
            return place
        before = lines[place.line - 1].encode("utf-8", "surrogatepass")[: place.column - 1]
        return place._replace(column=len(before.decode("utf-8", "ignore")) + 1)

    def _step(self, step: Step) -> Step:
        return replace(step, text=self._mask.label(step.text), place=self.place(step.place))
