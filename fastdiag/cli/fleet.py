"""`fastdiag diagnose` with several snapshots: read what can be read, judge each, show all as one view."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli.options import Format, Presentation
from fastdiag.errors import FastdiagError, SnapshotError

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.model.fleet import Fleet, Member, Unread
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot

STDIN: Final = Path("-")
_STDIN_NAME: Final = "stdin"
_MAX_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One snapshot that was given: a file, or a document of standard input."""

    name: str
    path: Path | None = None
    text: str | None = None

    def read(self, rulebook: Rulebook) -> Snapshot:
        """Return the snapshot. Raise SnapshotError when it is none."""
        from fastdiag.render import snapshot_file  # noqa: PLC0415 - --help must not load the whole program

        if self.path is not None:
            return snapshot_file.load(self.path, rulebook.catalogue)
        text = self.text or ""
        return snapshot_file.read(BytesIO(text.encode()), rulebook.catalogue, self.name)


def given(paths: Sequence[Path]) -> tuple[Saved, ...]:
    """Return what is meant by these paths, each with a name of its own; `-` may hold several.

    Raises:
        SnapshotError: standard input is no text, or too long.

    """
    files = [path for path in dict.fromkeys(paths) if path != STDIN]
    names = _names(files)
    saved = [Saved(name=names[path], path=path) for path in files]
    if STDIN in paths:
        saved += _from_stdin()
    return tuple(saved)


def _names(files: Sequence[Path]) -> dict[Path, str]:
    """Name each file as its host: without its ending, and without its folder where that is not needed."""
    stems = Counter(path.stem for path in files)
    return {path: path.stem if stems[path.stem] == 1 else str(path) for path in files}


def _from_stdin() -> Iterator[Saved]:
    from fastdiag.render.snapshot_stream import read_documents  # noqa: PLC0415 - as above

    documents = read_documents(sys.stdin.buffer, "standard input")
    for number, text in enumerate(documents, 1):
        name = f"{_STDIN_NAME} {number}" if len(documents) > 1 else "standard input"
        yield Saved(name=name, text=text)


def view(saved: Sequence[Saved], rulebook: Rulebook, how: Presentation) -> int:
    """Show snapshots as one fleet and return the exit code.

    What cannot be read is told on stderr and in the view; the rest goes on.

    Raises:
        FastdiagError: nothing at all could be read, the view has no such form, or it cannot be written.

    """
    from fastdiag.cli.show import deliver, format_of  # noqa: PLC0415 - as above
    from fastdiag.engine.fleet import fleet  # noqa: PLC0415 - likewise

    if format_of(how) is Format.HTML:
        hint = "markdown and json show several; one snapshot alone has a page"
        raise FastdiagError("there is no HTML page of several snapshots", hint=hint)
    members, unread = _judge(saved, rulebook)
    if not members:
        hint = "`fastdiag snapshot --save FILE` makes one"
        raise FastdiagError(f"none of the {len(saved)} snapshots can be read", hint=hint)
    found = fleet(members, unread, rulebook)
    deliver(how, lambda form, on: _text(found, form, on, verbose=how.verbose))
    return _exit_code(found, how)


def _judge(saved: Sequence[Saved], rulebook: Rulebook) -> tuple[list[Member], list[Unread]]:
    from fastdiag import pipeline  # noqa: PLC0415 - as above
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.model.fleet import Member, Unread  # noqa: PLC0415 - likewise

    members, unread, notes = [], [], dict[str, list[str]]()
    with progress() as report:
        for number, one in enumerate(saved, 1):
            report(f"judging {one.name} ({number} of {len(saved)})")
            try:
                outcome = pipeline.replay(one.read(rulebook), rulebook)
            except SnapshotError as error:
                said = f"{error.where or one.name}: {error.message}"
                unread.append(Unread(name=one.name, error=said, hint=error.hint))
                continue
            members.append(Member(name=one.name, diagnosis=outcome.diagnosis))
            for text in outcome.notes:
                notes.setdefault(text, []).append(one.name)
    for failed in unread:
        note(f"not read: {failed.error}{f' ({failed.hint})' if failed.hint else ''}")
    for text, names in notes.items():
        note(f"{_listed(names)}: {text}")
    return members, unread


def _listed(names: Sequence[str]) -> str:
    from fastdiag.render.words import listed  # noqa: PLC0415 - as above

    return listed(names, at_most=_MAX_NAMED)


def _text(found: Fleet, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.fleet import json as fleet_json  # noqa: PLC0415 - only what is asked for is loaded

            return fleet_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.fleet import markdown as fleet_markdown  # noqa: PLC0415 - likewise

            return fleet_markdown.render(found)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # a page is refused before
            from fastdiag.render.fleet import terminal as fleet  # noqa: PLC0415 - likewise

            return fleet.render(found, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose)


def _exit_code(found: Fleet, how: Presentation) -> int:
    """Return 1 for a finding anywhere, 3 when no source of any host yielded anything, 2 for unread files."""
    from fastdiag.cli.show import FOUND, NOTHING_COLLECTED, exit_code  # noqa: PLC0415 - as above

    codes = {exit_code(member.diagnosis, how.fail_on) for member in found.members}
    if FOUND in codes:
        return FOUND
    if codes == {NOTHING_COLLECTED}:
        return NOTHING_COLLECTED
    return SnapshotError.exit_code if found.unread else 0
