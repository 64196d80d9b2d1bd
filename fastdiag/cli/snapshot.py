"""`fastdiag snapshot`: collect live signals, match, print ranked causes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli.options import (
    ConfigOption,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Presentation,
    RulesOption,
    VerboseOption,
)
from fastdiag.cli.target_options import (
    AppUrlOption,
    AtOption,
    BeforeOption,
    CacheOption,
    DeadlineOption,
    MetricsUrlOption,
    OnlyOption,
    PgbouncerOption,
    PidOption,
    PostgresOption,
    PrometheusOption,
    QueueOption,
    SaveOption,
    SelectorOption,
    ServiceOption,
    SkipOption,
    SymptomOption,
    WindowOption,
)

if TYPE_CHECKING:
    from fastdiag.config.settings import Flags

HELP: Final = """Collect live signals, match them against the rules, and print ranked causes.

Reads only. Sources: prometheus, scrape, postgres, pgbouncer, processes, host, workers, queue, cache, probe;
those that are not given are looked for on this machine, and those that fail are reported while the others
answer. Options win over fastdiag.yaml, and that over the environment.

\b
Examples, from nothing to everything:
  fastdiag snapshot
  fastdiag snapshot --prometheus http://prom:9090 --service shop
  fastdiag snapshot --postgres postgresql://fastdiag@db/shop --save shop.json
  fastdiag snapshot --queue redis://broker:6379/0 --cache redis://cache:6379/0
  fastdiag snapshot --symptom restart-fixes-temporarily
  fastdiag snapshot --at '2h ago' --window 15m
  fastdiag snapshot -f json --fail-on critical
"""


def snapshot(
    config: ConfigOption = None,
    service: ServiceOption = None,
    prometheus: PrometheusOption = None,
    selector: SelectorOption = None,
    postgres: PostgresOption = None,
    pgbouncer: PgbouncerOption = None,
    queue: QueueOption = None,
    cache: CacheOption = None,
    app_url: AppUrlOption = None,
    metrics_url: MetricsUrlOption = None,
    pid: PidOption = None,
    symptom: SymptomOption = None,
    only: OnlyOption = None,
    skip: SkipOption = None,
    at: AtOption = None,
    window: WindowOption = None,
    before: BeforeOption = None,
    deadline: DeadlineOption = None,
    rules: RulesOption = None,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    save: SaveOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.config.settings import Flags  # noqa: PLC0415 - --help must not load the whole program

    flags = Flags(
        config=config,
        service=service,
        prometheus=prometheus,
        selector=selector,
        postgres=postgres,
        pgbouncer=pgbouncer,
        queue=tuple(queue or ()),
        cache=tuple(cache or ()),
        app_url=app_url,
        metrics_url=metrics_url,
        pid=pid,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        observed=tuple(symptom or ()),
        at=at,
        window=window,
        before=before,
        deadline=deadline,
        rules=tuple(rules or ()),
    )
    return _run(flags, save, Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose))


def _run(flags: Flags, save: Path | None, how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import check_writable, present, write  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    settings = load_settings(flags)
    check_writable("--save", save)
    check_writable("--output", how.output)
    with progress() as report:
        outcome = pipeline.snapshot(settings, report)
    for text in outcome.notes:
        note(text)
    code = present(outcome.diagnosis, how)  # first: what was collected is on the screen, whatever happens
    if save is not None:
        from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - likewise

        write(save, render_snapshot(outcome.diagnosis.snapshot))
    return code
