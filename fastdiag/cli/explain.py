"""`fastdiag explain`: what a cause, symptom, limit or signal is, as the rule table has it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fastdiag.cli import complete
from fastdiag.cli.forms import form_option
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags


class Form(StrEnum):
    """How it is told."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"


@takes(Config, Rules)
def explain(
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="CAUSE|SYMPTOM", hidden=True, autocompletion=complete.explainable),
    ],
    flags: Flags,
    form: Annotated[
        Form,
        form_option(Form, "terminal or markdown."),
    ] = Form.TERMINAL,
) -> int:
    """Explain a cause or a symptom: mechanism, evidence, checks, fixes.

    It is named by its id, as `snapshot` prints it. The id of a limit, as `headroom -f json` has it,
    tells what happens there and how to raise it; that of a signal how it is measured; that of a check of
    `audit` why the finding matters and what to do.

    \b
    Examples:
      fastdiag explain db-pool-exhaustion
      fastdiag explain low-cpu-high-latency
      fastdiag explain db-slots
      fastdiag explain http.latency.p95
      fastdiag explain blocking-call
      fastdiag explain db-pool-exhaustion -f markdown > runbook.md
    """  # noqa: D301 - \b keeps the lines of the example apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put, put_document, screen  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.render.explain import render, render_markdown  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.audit.checks import load_checks  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import builtin_rules  # noqa: PLC0415 - likewise

    settings = load_rule_settings(flags)
    rulebook, checks = pipeline.rules(settings), load_checks(builtin_rules(), settings.rules)
    if rulebook.current(name) != name:
        note(f"{name} is called {rulebook.current(name)} now")
    if form is Form.MARKDOWN:
        put_document(render_markdown(name, rulebook, checks))
        return 0
    on = screen()
    put(render(name, rulebook, checks, width=on.width, color=on.color, encoding=on.encoding))
    return 0
