"""What `--live` adds to `fastdiag audit`: the readiness checklist, answered with the running service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.audit_options import Form, Gate
from fastdiag.errors import FastdiagError

if TYPE_CHECKING:
    from fastdiag.audit.run import Tables
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.audit import CodeAudit
    from fastdiag.model.readiness import Checkup
    from fastdiag.render.audit.sheet import Sheet

LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Look at the running service as well, and answer the 25 items of the readiness checklist."
        " The options below say where it is.",
    ),
]
_OF_THE_CODE: Final = frozenset({"config", "rules"})
"""Options that mean something without --live."""
_FINDINGS_ONLY: Final = (Form.SARIF, Form.GITHUB)
"""They tell of places in the code, and the checklist is none."""
_FAILS: Final = (Gate.NOTE, Gate.WARNING)
"""The gates at which an item that fails counts, like a warning."""


def check_options(flags: Flags, *, live: bool, chosen: Collection[str]) -> None:
    """Refuse options that would be of no effect, or that would make the checklist's answers wrong.

    Raises:
        FastdiagError: such an option was given.

    """
    if live and chosen:
        hint = "drop --live, or --only and --skip"
        raise FastdiagError("--live answers from all checks, and some were left out", hint=hint)
    if live:
        return
    typed = (one.name for one in fields(flags) if getattr(flags, one.name) != one.default)
    needless = next((name for name in typed if name not in _OF_THE_CODE), None)
    if needless:
        option = f"--{needless.replace('_', '-')}"
        raise FastdiagError(f"{option} says where the running service is", hint="add --live to look at it")


def look(flags: Flags, code: CodeAudit, tables: Tables, form: Form) -> Checkup:
    """Look at the running service, and answer the checklist; say where the form has no place for it."""
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.readiness.look import look as ask  # noqa: PLC0415 - likewise

    with progress() as say:
        checkup = ask(load_settings(flags), code, tables.checks, say)
    for text in checkup.notes:
        note(text)
    if form in _FINDINGS_ONLY:
        note(f"{form} holds findings only, with what was seen of them: -f json holds the checklist as well")
    return checkup


def with_sight(code: CodeAudit, checkup: Checkup) -> CodeAudit:
    """Return the audit whose findings say what was seen of them on the running service."""
    from fastdiag.readiness.joining import with_sight as joined_with  # noqa: PLC0415 - likewise

    return joined_with(code, checkup.answers)


def joined(audit: str, checkup: Checkup, sheet: Sheet, form: Form, on: Screen, *, verbose: bool) -> str:
    """Return the text of an audit together with the checklist, in one document."""
    match form:
        case Form.JSON:
            from fastdiag.render.audit.json import document  # noqa: PLC0415 - only what is asked for is loaded
            from fastdiag.render.json import dump  # noqa: PLC0415 - likewise
            from fastdiag.render.readiness.json import document as readiness  # noqa: PLC0415 - likewise

            return dump({**document(sheet), "readiness": readiness(checkup)})
        case Form.MARKDOWN:
            from fastdiag.render.readiness import markdown  # noqa: PLC0415 - likewise

            return f"{audit}\n{markdown.render(checkup)}"
        case Form.TERMINAL | Form.AUTO:
            from fastdiag.render.readiness import terminal  # noqa: PLC0415 - likewise

            screen = terminal.render(
                checkup, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )
            return f"{audit}\n{screen}"
        case Form.SARIF | Form.GITHUB:
            return audit


def fails(checkup: Checkup, gate: Gate | None) -> bool:
    """Whether an item fails at this gate."""
    from fastdiag.model.checklist import Readiness  # noqa: PLC0415 - likewise

    return gate in _FAILS and bool(checkup.with_verdict(Readiness.FAIL))
