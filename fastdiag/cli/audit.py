"""`fastdiag audit`: what production will test first, found in the source code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli import audit_live
from fastdiag.cli.audit_baseline import baseline_of
from fastdiag.cli.audit_choices import Typed, choices
from fastdiag.cli.audit_live import LiveOption
from fastdiag.cli.audit_options import (
    BaselineOption,
    ExcludeOption,
    Form,
    FormOption,
    Gate,
    GateOption,
    ListOption,
    NoCacheOption,
    OnlyOption,
    PathArgument,
    Showing,
    SkipOption,
    VerboseAuditOption,
    WriteBaselineOption,
)
from fastdiag.cli.options import OutputOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Care, Config, Rules, Span, Targets

if TYPE_CHECKING:
    from fastdiag.audit.run import Tables
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.config.settings import Settings
    from fastdiag.model.audit import CodeAudit
    from fastdiag.model.readiness import Checkup
    from fastdiag.render.audit.sheet import Sheet

HELP: Final = """Find in the source code what production will test first: blocking calls on the event loop,
missing timeouts, leaking sessions, lost background tasks and more.

PATH is the folder of the service, by default the current one. The code is read, never imported or run. Each
finding names its line and the way from a route to it, why it hurts, and what to do. A finding that is meant
to stay gets a comment, on its line or on its own line above:

\b
  # fastdiag: ignore[blocking-call] reads one small file, once

What to leave out for good, and the severity at which to fail, may stand under `audit:` in fastdiag.yaml:
exclude, skip, fail_on, baseline.

\b
Examples:
  fastdiag audit
  fastdiag audit backend --exclude 'scripts/' --fail-on critical
  fastdiag audit --write-baseline audit-baseline.json    then, in the CI:
  fastdiag audit --baseline audit-baseline.json --fail-on warning -f github
  fastdiag audit -o audit.sarif
  fastdiag audit --live --postgres DSN    answers the readiness checklist
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  audited, whatever was found
  1  a finding is at or above --fail-on; a failing item of --live is a warning
  2  wrong use, configuration, rules or baseline
  3  there is no Python file that could be analysed
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
FOUND: Final = 1
NOTHING_ANALYSED: Final = 3


@takes(Targets, Care, Span, Config, Rules)
def audit(
    *,
    path: PathArgument = Path(),
    form: FormOption = Form.AUTO,
    output: OutputOption = None,
    fail_on: GateOption = None,
    only: OnlyOption = None,
    skip: SkipOption = None,
    exclude: ExcludeOption = None,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    list_: ListOption = False,
    no_cache: NoCacheOption = False,
    verbose: VerboseAuditOption = False,
    live: LiveOption = False,
    flags: Flags,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.audit.choice import choose  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    check_writable("--write-baseline", write_baseline)
    audit_live.check_options(flags, live=live, chosen=(*(only or ()), *(skip or ())))
    typed = Typed(
        only=only or (),
        skip=skip or (),
        exclude=exclude or (),
        fail_on=fail_on,
        baseline=baseline,
        writes_baseline=write_baseline is not None,
        live=live,
    )
    settings = load_rule_settings(flags)
    tables = _tables(settings)
    chosen = choices(typed, settings, tables.checks)
    showing = Showing(form=form, output=output, fail_on=chosen.fail_on, verbose=verbose)
    if list_:
        return _list(tables, showing)
    sift = baseline_of(chosen.baseline, write_baseline)
    code = choose(sift(_look(path, tables, chosen.exclude, use_cache=not no_cache)), chosen.names)
    checkup = audit_live.look(flags, code, tables, showing.resolved) if live else None
    if checkup is not None:
        code = audit_live.with_sight(code, checkup)
    _deliver(code, tables, path, showing, checkup)
    return _exit_code(code, chosen.fail_on, checkup)


def _tables(settings: Settings) -> Tables:
    from fastdiag.audit.run import Tables  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.audit.checks import load_checks  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.audit.sinks import load_sinks  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import builtin_rules  # noqa: PLC0415 - likewise

    builtin, own = builtin_rules(), settings.rules
    return Tables(checks=load_checks(builtin, own), sinks=load_sinks(builtin, own))


def _look(path: Path, tables: Tables, exclude: Sequence[str], *, use_cache: bool) -> CodeAudit:
    from fastdiag.audit.run import audit as look  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - likewise

    with progress() as say:
        return look(path, tables, exclude=exclude, use_cache=use_cache, say=say)


def _list(tables: Tables, showing: Showing) -> int:
    from fastdiag.cli.show import hand_over  # noqa: PLC0415 - likewise
    from fastdiag.render.audit import checks  # noqa: PLC0415 - likewise

    rows = tuple(tables.checks.values())
    is_json = showing.resolved is Form.JSON

    def text(on: Screen) -> str:
        if is_json:
            return checks.json(rows)
        return checks.screen(rows, width=on.width, color=on.color, encoding=on.encoding)

    hand_over(showing.output, text, for_people=not is_json)
    return 0


def _deliver(code: CodeAudit, tables: Tables, path: Path, showing: Showing, checkup: Checkup | None) -> None:
    from fastdiag.audit.excerpts import excerpts  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import hand_over  # noqa: PLC0415 - likewise
    from fastdiag.render.audit.sheet import Sheet  # noqa: PLC0415 - likewise

    root = path if path.is_dir() else path.parent
    found = (*code.findings, *(one.finding for one in code.dismissed))
    sheet = Sheet(
        audit=code,
        checks=tables.checks,
        base=_base(root),
        excerpts=excerpts(root, (one.place for one in found)),
        kinds=tables.sinks.kinds,
    )
    form = showing.resolved

    def text(on: Screen) -> str:
        told = _text(sheet, form, on, verbose=showing.verbose)
        if checkup is None:
            return told
        return audit_live.joined(told, checkup, sheet, form, on, verbose=showing.verbose)

    hand_over(showing.output, text, for_people=form is Form.TERMINAL)


def _base(root: Path) -> str:
    """Return how the audited folder is reached from here: `backend`, nothing, or its full path."""
    whole, here = root.resolve(), Path.cwd()
    if not whole.is_relative_to(here):
        return whole.as_posix()
    return "" if whole == here else whole.relative_to(here).as_posix()


def _text(sheet: Sheet, form: Form, on: Screen, *, verbose: bool) -> str:
    match form:
        case Form.JSON:
            from fastdiag.render.audit import json  # noqa: PLC0415 - only what is asked for is loaded

            return json.render(sheet)
        case Form.MARKDOWN:
            from fastdiag.render.audit import markdown  # noqa: PLC0415 - likewise

            return markdown.render(sheet)
        case Form.SARIF:
            from fastdiag.render.audit import sarif  # noqa: PLC0415 - likewise

            return sarif.render(sheet)
        case Form.GITHUB:
            from fastdiag.render.audit import github  # noqa: PLC0415 - likewise

            return github.render(sheet)
        case Form.TERMINAL | Form.AUTO:
            from fastdiag.render.audit import terminal  # noqa: PLC0415 - likewise

            return terminal.render(
                sheet, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )


def _exit_code(code: CodeAudit, fail_on: Gate | None, checkup: Checkup | None) -> int:
    """Return 3 when no file could be analysed, 1 for a finding at or above ``fail_on``, else 0."""
    if not code.files:
        from fastdiag.cli.progress import note  # noqa: PLC0415 - seldom needed

        note("there is no Python file that could be analysed")
        return NOTHING_ANALYSED
    ranks = [gate.value for gate in Gate]
    if fail_on is None:
        return 0
    if checkup is not None and audit_live.fails(checkup, fail_on):
        return FOUND
    return FOUND if any(ranks.index(one.severity) >= ranks.index(fail_on) for one in code.findings) else 0
