"""Options that several commands share, with their help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from fastdiag.cli import complete
from fastdiag.errors import FastdiagError, nearest

EXIT_CODES: Final = """\b
Exit codes:
  0  diagnosed, whatever was found
  1  the status is at or above --fail-on
  2  wrong use, configuration, rules or snapshot
  3  nothing could be collected
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""


class Format(StrEnum):
    """Output formats; `auto` goes by the suffix of --output, else the terminal's."""

    AUTO = "auto"
    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


PAGES: Final = {".html": Format.HTML, ".htm": Format.HTML}
"""Suffixes of --output that stand for a page."""


class FailOn(StrEnum):
    """The status from which on the exit code is 1."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How a diagnosis is to be shown, and what its status means to the exit code.

    has_page  whether what is shown has an HTML page, so that `--output x.html` writes one
    """

    format: Format = Format.AUTO
    output: Path | None = None
    fail_on: FailOn | None = None
    verbose: bool = False
    has_page: bool = False

    def __post_init__(self) -> None:
        """Raise FastdiagError when a page is to be written of what has none."""
        is_page = self.output is not None and self.output.suffix.lower() in PAGES
        if is_page and self.format is Format.AUTO and not self.has_page:
            raise _no_page()


Word = TypeVar("Word", bound=StrEnum)


def word(kind: type[Word], option: str, text: str) -> Word:
    """Return the word of a kind. Raise FastdiagError, which names the nearest one, when there is none."""
    if text in tuple(kind):
        return kind(text)
    raise FastdiagError(
        f"{option} must be one of {', '.join(kind)}, and is {text!r}", hint=nearest(text, kind)
    )


def parse_format(text: str) -> Format:
    """Return the format of that name. Raise FastdiagError when there is none."""
    return word(Format, "--format", text)


def parse_text_format(text: str) -> Format:
    """Return the format of that name. Raise FastdiagError when there is none, or it is a page."""
    found = parse_format(text)
    if found is Format.HTML:
        raise _no_page()
    return found


def _no_page() -> FastdiagError:
    hint = "`fastdiag report`, `snapshot` and `diagnose` make one; --format markdown is for tickets"
    return FastdiagError("there is no HTML page of this", hint=hint)


def parse_fail_on(text: str) -> FailOn:
    """Return the status of that name. Raise FastdiagError when there is none."""
    return word(FailOn, "--fail-on", text)


def complete_format(incomplete: str) -> Iterable[str]:
    """Complete --format."""
    return complete.matching(Format, incomplete)


def complete_text_format(incomplete: str) -> Iterable[str]:
    """Complete --format where there is no page."""
    return complete.matching([one for one in Format if one is not Format.HTML], incomplete)


def complete_fail_on(incomplete: str) -> Iterable[str]:
    """Complete --fail-on."""
    return complete.matching(FailOn, incomplete)


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        parser=parse_format,
        autocompletion=complete_format,
        help="terminal, json, markdown or html; auto goes by the suffix of --output.",
    ),
]
TextFormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        parser=parse_text_format,
        autocompletion=complete_text_format,
        help="terminal, json or markdown; auto goes by the suffix of --output.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the result here instead of to stdout."),
]
FailOnOption = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        metavar="STATUS",
        parser=parse_fail_on,
        autocompletion=complete_fail_on,
        help="Exit with 1 when the status is this or worse: warning or critical.",
    ),
]
SaveOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Keep the snapshot, for `fastdiag diagnose FILE`.")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every cause in full and every signal that was not seen.")
]
VerboseSourcesOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="List every signal of every source, and why it is not seen.")
]
VerboseHeadroomOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Say of every limit where its numbers are from and what to do."),
]
