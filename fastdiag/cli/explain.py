"""`fastdiag explain`: what a cause or symptom is, as the rule table has it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fastdiag.cli.options import ConfigOption, RulesOption


def explain(
    name: Annotated[str, typer.Argument(metavar="CAUSE|SYMPTOM", help="Its id, as printed by snapshot.")],
    config: ConfigOption = None,
    rules: RulesOption = None,
) -> int:
    """Explain a cause or a symptom: mechanism, evidence, checks, fixes.

    \b
    Examples:
      fastdiag explain db-pool-exhaustion
      fastdiag explain low-cpu-high-latency
    """  # noqa: D301 - \b keeps the lines of the example apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.settings import Flags, load_settings  # noqa: PLC0415 - likewise
    from fastdiag.render.explain import render  # noqa: PLC0415 - likewise

    settings = load_settings(Flags(config=config, rules=tuple(rules or ())))
    sys.stdout.write(render(name, pipeline.rules(settings)))
    return 0
