"""`fastdiag snapshot`: collect live signals, match, print ranked causes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastdiag.cli.options import (
    ConfigOption,
    FailOn,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    RulesOption,
    VerboseOption,
)


def snapshot(
    config: ConfigOption = None,
    service: Annotated[
        str | None, typer.Option(help="Name of the service, as Prometheus or its server knows it.")
    ] = None,
    prometheus: Annotated[
        str | None, typer.Option(metavar="URL", help="Prometheus API. [env: PROMETHEUS_URL]")
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(metavar="MATCHERS", help='Series of the service, such as \'job="shop",env="prod"\'.'),
    ] = None,
    postgres: Annotated[
        str | None, typer.Option(metavar="DSN", help="PostgreSQL, read only. [env: DATABASE_URL, PG*]")
    ] = None,
    app_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The service itself; trivial requests are timed.")
    ] = None,
    metrics_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Its metrics page; default APP_URL/metrics.")
    ] = None,
    pid: Annotated[
        int | None, typer.Option(help="Its server process: master, worker or the only one.")
    ] = None,
    symptom: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="What a person observed and no metric shows; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="Ask only this source; repeatable.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="Do not ask this source; repeatable.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="TIME", help="Look at so much of the past. [default: 5m]")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Compare with so long ago. [default: 1h]")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="Answer after so long at most. [default: 10s]")
    ] = None,
    rules: RulesOption = None,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the snapshot, for `fastdiag diagnose FILE`.")
    ] = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Collect live signals, match them against the rules, and print ranked causes.

    Reads only. Sources: prometheus, scrape, postgres, processes, workers, probe; those that are not given are
    looked for on this machine, and those that fail are reported while the others answer.

    \b
    Examples, from nothing to everything:
      fastdiag snapshot
      fastdiag snapshot --prometheus http://prom:9090 --service shop
      fastdiag snapshot --postgres postgresql://fastdiag@db/shop --save before.json
      fastdiag snapshot -f json --fail-on critical
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import exit_code, show, write  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import Flags, load_settings  # noqa: PLC0415 - likewise

    flags = Flags(
        config=config,
        service=service,
        prometheus=prometheus,
        selector=selector,
        postgres=postgres,
        app_url=app_url,
        metrics_url=metrics_url,
        pid=pid,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        observed=tuple(symptom or ()),
        window=window,
        before=before,
        deadline=deadline,
        rules=tuple(rules or ()),
    )
    settings = load_settings(flags)
    with progress() as report:
        outcome = pipeline.snapshot(settings, report)
    for text in outcome.notes:
        note(text)
    if save is not None:
        from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - likewise

        write(save, render_snapshot(outcome.diagnosis.snapshot))
    show(outcome.diagnosis, format_, output, verbose=verbose)
    return exit_code(outcome.diagnosis, FailOn(fail_on) if fail_on else None)
