"""Options that say what to look at and how long, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastdiag.cli import complete

ServiceOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The service, as Prometheus or its server knows it.")
]
PrometheusOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Prometheus API, base path included. Its token or user never stands on the command line."
        " [env: PROMETHEUS_URL, PROMETHEUS_TOKEN, PROMETHEUS_TOKEN_FILE, PROMETHEUS_USERNAME,"
        " PROMETHEUS_PASSWORD, PROMETHEUS_HEADERS, PROMETHEUS_CA_FILE]",
    ),
]
SelectorOption = Annotated[
    str | None,
    typer.Option(metavar="MATCHERS", help='Series of the service, such as \'job="shop",env="prod"\'.'),
]
PostgresOption = Annotated[
    str | None, typer.Option(metavar="DSN", help="PostgreSQL, read only. [env: DATABASE_URL, PG*]")
]
PgbouncerOption = Annotated[
    str | None,
    typer.Option(
        metavar="DSN", help="PgBouncer's console, as a user of its stats_users. [env: PGBOUNCER_URL]"
    ),
]
QueueOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="Broker or monitor of background work: redis://, amqp:// or http:// (RabbitMQ's management,"
        " Flower); repeatable. [env: CELERY_BROKER_URL, BROKER_URL, RABBITMQ_URL, AMQP_URL, ...]",
    ),
]
CacheOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL", help="Redis that serves as cache; repeatable. [env: CACHE_URL, REDIS_URL, ...]"
    ),
]
AppUrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="The service itself; trivial requests are timed.")
]
MetricsUrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Its metrics page; default APP_URL/metrics.")
]
PidOption = Annotated[
    str | None, typer.Option(metavar="PID", help="Its server process: master, worker or the only one.")
]
SymptomOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID",
        autocompletion=complete.symptoms,
        help="What a person observed and no metric shows (see below); repeatable.",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SOURCE", autocompletion=complete.sources, help="Ask only this source; repeatable."),
]
SkipOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SOURCE", autocompletion=complete.sources, help="Do not ask this source; repeatable."
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT",
        help="Look at the past, which only Prometheus keeps: 2h ago, '2026-11-22 03:10' (local time),"
        " 2026-11-22T03:10:00Z.",
    ),
]
WindowOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Look at so much of the past. [default: 5m]")
]
BeforeOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Compare with so long ago. [default: 1h]")
]
DeadlineOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Answer after so long at most. [default: 10s]")
]
SaveOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Keep the snapshot, for `fastdiag diagnose FILE`.")
]
