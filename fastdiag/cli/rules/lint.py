"""`fastdiag rules lint`: everything that is wrong in rule files, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.forms import form_option
from fastdiag.cli.options import OutputOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.render.findings import Shown
    from fastdiag.rulebook.examine import Examined
    from fastdiag.rulebook.lint import Finding

HELP: Final = """Check rule files: every error and warning at once, each at its line.

Checked are the built-in table and, together with it, the folders of --rules and of fastdiag.yaml. A warning
tells what the table lacks; it can be used all the same: causes without examples, evidence that no example and
no scenario decides, causes that nothing tells apart. `fastdiag rules test` runs the examples.

\b
Examples:
  fastdiag rules lint --rules ./our-rules
  fastdiag rules lint --strict
  fastdiag rules lint --rules ./our-rules -f github    marks lines in a CI
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  no error (with --strict: no warning either)
  2  an error, or wrong use
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
FAULTY: Final = 2


class Form(StrEnum):
    """How findings are told."""

    TERMINAL = "terminal"
    JSON = "json"
    GITHUB = "github"


FormOption = Annotated[
    Form,
    form_option(Form, "terminal, json or github (annotations of a workflow)."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 2 for warnings, too.")]


@takes(Config, Rules)
def lint(
    *,
    flags: Flags,
    form: FormOption = Form.TERMINAL,
    output: OutputOption = None,
    strict: StrictOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.examine import examine  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import builtin_rules  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.lint import Level  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    found = examine(builtin_rules(), load_rule_settings(flags).rules)
    findings = (*found.findings, *_unexercised(found))
    _deliver([_shown(finding) for finding in findings], form, output)
    is_faulty = strict or any(finding.level is Level.ERROR for finding in findings)
    return FAULTY if findings and is_faulty else 0


def _unexercised(found: Examined) -> Iterator[Finding]:
    """Yield the evidence that no example decides, of a table that can be used."""
    from fastdiag.rulebook.lint import Finding, Level  # noqa: PLC0415 - likewise
    from fastdiag.trial.undecided import undecided  # noqa: PLC0415 - likewise

    if found.book is None or any(finding.level is Level.ERROR for finding in found.findings):
        return
    for row in undecided(found.book, found.scenarios):
        side = "for" if row.is_for else "against"
        yield Finding(
            level=Level.WARNING,
            where=row.evidence.where,
            message=f"no example of {row.cause} decides this evidence {side} it: {row.evidence.when}",
            hint="add an example in which it is true, and tells something",
        )


def _shown(finding: Finding) -> Shown:
    from fastdiag.located.excerpt import excerpt, place_of  # noqa: PLC0415 - likewise
    from fastdiag.render.findings import Shown  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import path_of  # noqa: PLC0415 - likewise

    place = place_of(finding.where)
    path = path_of(place.file)
    about = excerpt(path, place)
    return Shown(
        level=finding.level.value,
        where=finding.where,
        path=str(path),
        line=place.line,
        column=place.column,
        message=finding.message,
        hint=finding.hint,
        excerpt=(about.line, about.caret) if about else None,
    )


def _deliver(findings: Sequence[Shown], form: Form, output: Path | None) -> None:
    from fastdiag.cli.show import hand_over  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import Screen  # noqa: PLC0415 - likewise
    from fastdiag.render import findings as paper  # noqa: PLC0415 - likewise

    def text(on: Screen) -> str:
        if form is Form.TERMINAL:
            return paper.screen(findings, width=on.width, color=on.color, encoding=on.encoding)
        return paper.FORMS[form](findings)

    hand_over(output, text, for_people=form is Form.TERMINAL)
