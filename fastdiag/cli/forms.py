"""`--format` of a command that has forms of its own."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import word


def form_option(forms: type[StrEnum], help_: str) -> Any:  # noqa: ANN401 - as Typer's own
    """Return the option that takes one of these forms, and completes it. Another is told with the nearest."""

    def parse(text: str) -> StrEnum:
        return word(forms, "--format", text)

    def completed(incomplete: str) -> Iterable[str]:
        return complete.matching(forms, incomplete)

    return typer.Option(
        "--format", "-f", metavar="FORMAT", parser=parse, autocompletion=completed, help=help_
    )
