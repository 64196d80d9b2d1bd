"""`fastdiag alerts`: rules for Prometheus, made of the rule table and of the metrics that it has."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import OutputOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules, Targets
from fastdiag.errors import FastdiagError

if TYPE_CHECKING:
    from fastdiag.alerts.make import Made
    from fastdiag.config import Settings
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook

HELP: Final = """Print alerting rules for Prometheus: the symptoms, told by the metrics that your server has.

The signals are recorded as a snapshot computes them, so that alert and snapshot mean the same; your
parameters and rules count (`parameters:` and `rules:` of fastdiag.yaml). Each alert names the command that
says why. What no metric shows is listed in comments, with what it would take.

\b
Examples:
  fastdiag alerts --prometheus http://prom:9090 --service shop
  fastdiag alerts -o shop.rules.yaml --tests shop.tests.yaml
  promtool check rules shop.rules.yaml && promtool test rules shop.tests.yaml
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  printed, whatever can be told
  2  wrong use, configuration or rules
  3  Prometheus does not answer, or does not know the service
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
NOTHING_COLLECTED: Final = 3


def parse_for(text: str) -> float:
    """Return a duration in seconds. Raise FastdiagError for what is none."""
    from fastdiag.model.quantity import Unit, parse_quantity  # noqa: PLC0415 - --help must not load it

    try:
        found = parse_quantity(text)
    except ValueError as error:
        raise FastdiagError(f"--for: {error}") from None
    if found.unit is not Unit.SECONDS or found.value < 0:
        raise FastdiagError(f"--for must be a time, and is {text!r}", hint="such as 2m or 30s")
    return found.value


ForOption = Annotated[
    float | None,
    typer.Option(
        "--for", metavar="TIME", parser=parse_for, help="How long a symptom has to hold. [default: 2m]"
    ),
]
TestsOption = Annotated[
    Path | None,
    typer.Option("--tests", metavar="FILE", help="Write tests of the rules for `promtool test rules`."),
]


class Window:
    """Over how much of the past counters are looked at."""

    window: Annotated[
        str | None, typer.Option(metavar="TIME", help="Look at so much of the past. [default: 5m]")
    ]


@takes(Config, Targets, Window, Rules)
def alerts(
    *,
    flags: Flags,
    for_: ForOption = None,
    output: OutputOption = None,
    tests: TestsOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    if tests is not None and (output is None or output == Path("-")):
        raise FastdiagError("--tests needs --output FILE: the tests name the file of the rules")
    check_writable("--output", output)
    check_writable("--tests", tests)
    settings = load_settings(flags)
    rulebook = pipeline.rules(settings)
    made = _made(settings, rulebook, for_)
    if made is None:
        return NOTHING_COLLECTED
    _write(made, rulebook, output, tests)
    return 0


def _made(settings: Settings, rulebook: Rulebook, for_s: float | None) -> Made | None:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.alerts.look import look  # noqa: PLC0415 - likewise
    from fastdiag.alerts.make import DEFAULT_FOR_S, make, wanted  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.collectors.sink import SourceFailed  # noqa: PLC0415 - likewise

    with progress() as say:
        say("looking for the service")
        found = pipeline.find(settings)
        say("asking Prometheus which metrics it has")
        until = time.monotonic() + found.target.deadline_s
        try:
            seen = look(found.target, rulebook.catalogue, wanted(rulebook), until)
        except SourceFailed as failure:
            note(f"no rules: Prometheus: {failure.detail}")
            if failure.hint:
                note(f"hint: {failure.hint}")
            return None
    for text in (*settings.notes, *seen.notes):
        note(text)
    return make(rulebook, seen, DEFAULT_FOR_S if for_s is None else for_s)


def _write(made: Made, rulebook: Rulebook, output: Path | None, tests: Path | None) -> None:
    from fastdiag.alerts.document import rule_file  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import STDOUT, write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise

    text = rule_file(made, rulebook)
    if output is None or output == STDOUT:
        put_document(text)
        return
    write(output, text)
    if tests is not None:
        from fastdiag.alerts.cases import cases_file  # noqa: PLC0415 - only what is asked for is loaded

        write(tests, cases_file(made, rulebook, output, tests))
    told = sum(1 for one in made.levels)
    note(f"{told} alerts over {len(made.records)} signals; {len(made.untold)} cannot be told (see its end)")
