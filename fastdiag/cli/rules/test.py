"""`fastdiag rules test`: examples and scenarios, run through the engine, and what would go unnoticed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import OutputOption
from fastdiag.cli.rules.trial_options import (
    CoverageOption,
    Form,
    FormOption,
    JobsOption,
    JunitOption,
    MutateOption,
    StrictOption,
    VerboseOption,
    WithinOption,
)
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.trial import Trials
    from fastdiag.trial import Asked

HELP: Final = """Try the examples of the causes, and scenarios; show what differs, with the ledger.

All of them, or those that say something of the causes ID. The folders of --rules and of fastdiag.yaml add to
the built-in table and replace what bears the same id. Parameters are those of the rule files.

An example stands in the file of its cause. A scenario says who comes first: it lies in scenarios/*.yaml of a
rules folder and gives signals, or names a saved snapshot:

\b
  - name: a report holds locks, and the pool drains behind them
    snapshot: 2026-11-22.json           # or given: {probe.latency: 4s}
    expect:
      status: critical
      ranking: [{cause: database-locks, at_least: likely}, db-pool-exhaustion]
      causes: {slow-queries: {at_most: unlikely}}

--coverage lists the rows of evidence that no example and no scenario about their cause decides. --mutate
changes one thing after another: it flips each comparison of a row, moves its weight one step, drops it; drops
each `driven_by`; and flips and drops conditions and severities of symptoms (with ID: of those that only these
causes explain). What is listed then could change, and nobody would notice.

\b
Examples:
  fastdiag rules test
  fastdiag rules test db-pool-exhaustion database-locks
  fastdiag rules test --rules ./our-rules --coverage --strict
  fastdiag rules test --mutate cert-expired --rules ./our-rules
  fastdiag rules test --junit rules.xml -f json -o rules.json
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  all is as expected
  1  an expectation is not met; with --strict: a row is undecided, or a change
     unnoticed
  2  a rule file, scenario or snapshot is wrong, or wrong use
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
FAILED: Final = 1


@takes(Config, Rules)
def run(
    *,
    causes: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", hidden=True, autocompletion=complete.causes)
    ] = None,
    flags: Flags,
    coverage: CoverageOption = False,
    mutate: MutateOption = False,
    within: WithinOption = None,
    jobs: JobsOption = None,
    form: FormOption = Form.TERMINAL,
    output: OutputOption = None,
    junit: JunitOption = None,
    strict: StrictOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.files import check_writable, write  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.rules.trial_options import check_jobs, check_within  # noqa: PLC0415 - likewise
    from fastdiag.render.trials import junit as junit_paper  # noqa: PLC0415 - likewise
    from fastdiag.trial import Asked  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    check_writable("--junit", junit)
    seconds = check_within(within, is_mutating=mutate)
    asked = Asked(
        about=frozenset(causes or ()),
        coverage=coverage,
        mutate_s=seconds if mutate else None,
        jobs=check_jobs(jobs),
    )
    found = _found(flags, asked)
    if junit is not None:
        write(junit, junit_paper.render(found))
    _deliver(found, form, output, verbose=verbose)
    return FAILED if found.failed or (strict and (found.undecided or found.survivors)) else 0


def _found(flags: Flags, asked: Asked) -> Trials:
    """Read the table and its scenarios, and try them. A change of a row may be noticed by any case."""
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import builtin_rules  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.tested import load_tested  # noqa: PLC0415 - likewise
    from fastdiag.trial import cases_of, try_table  # noqa: PLC0415 - likewise

    tested = load_tested(builtin_rules(), load_rule_settings(flags).rules)
    asked = replace(asked, about=_today(asked.about, tested.book))
    cases = cases_of(tested.book, tested.scenarios, () if asked.mutate_s is not None else asked.about)
    with progress() as report:
        return try_table(tested.book, cases, asked, report)


def _today(causes: Collection[str], book: Rulebook) -> frozenset[str]:
    """Return the causes that are meant, by the ids that they have now."""
    from fastdiag.errors import FastdiagError, nearest  # noqa: PLC0415 - likewise

    known = [cause.id for cause in book.causes]
    for cause in sorted(causes):
        if book.current(cause) not in known:
            hint = nearest(cause, known) or f"there are {', '.join(known)}"
            raise FastdiagError(f"the rules have no cause {cause!r}", hint=hint)
    return frozenset(book.current(cause) for cause in causes)


def _deliver(found: Trials, form: Form, output: Path | None, *, verbose: bool) -> None:
    from fastdiag.cli.show import hand_over  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import Screen  # noqa: PLC0415 - likewise
    from fastdiag.render.trials import json, terminal  # noqa: PLC0415 - likewise

    def text(on: Screen) -> str:
        if form is Form.TERMINAL:
            return terminal.screen(
                found, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )
        return json.render(found)

    hand_over(output, text, for_people=form is Form.TERMINAL)
