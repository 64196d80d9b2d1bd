"""`fastdiag explain`: what a cause, symptom, limit or signal is, as the rule table has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fastdiag.cli import complete
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags


@takes(Config, Rules)
def explain(
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="CAUSE|SYMPTOM", hidden=True, autocompletion=complete.explainable),
    ],
    flags: Flags,
) -> int:
    """Explain a cause or a symptom: mechanism, evidence, checks, fixes.

    It is named by its id, as `snapshot` prints it. The id of a limit, as `headroom -f json` has it,
    tells what happens there and how to raise it; that of a signal how it is measured.

    \b
    Examples:
      fastdiag explain db-pool-exhaustion
      fastdiag explain low-cpu-high-latency
      fastdiag explain db-slots
      fastdiag explain http.latency.p95
    """  # noqa: D301 - \b keeps the lines of the example apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.render.explain import render  # noqa: PLC0415 - likewise

    rulebook = pipeline.rules(load_rule_settings(flags))
    on = screen()
    if rulebook.current(name) != name:
        note(f"{name} is called {rulebook.current(name)} now")
    put(render(name, rulebook, width=on.width, color=on.color, encoding=on.encoding))
    return 0
