"""Options that say what to look at and how: the groups of which commands take some.

An option stands here once: every command that takes its group has it, and hands what was typed to ``Flags``
under the same name (see ``takes``).
"""

# No `from __future__ import annotations`: here annotations are data, and text would have to be read again.

from pathlib import Path
from typing import Annotated

import typer

from fastdiag.cli import complete


class Config:
    """Where settings stand that nobody wants to type."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="Settings. [default: ./fastdiag.yaml, else ~/.config/fastdiag/fastdiag.yaml]",
        ),
    ]


class Targets:
    """The service, and where it can be seen from."""

    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="The service, as Prometheus or its server knows it.")
    ]
    prometheus: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Prometheus API, base path included. Its token or user never stands on the command line."
            " [env: PROMETHEUS_URL, PROMETHEUS_TOKEN, PROMETHEUS_TOKEN_FILE, PROMETHEUS_USERNAME,"
            " PROMETHEUS_PASSWORD, PROMETHEUS_HEADERS, PROMETHEUS_CA_FILE]",
        ),
    ]
    selector: Annotated[
        str | None,
        typer.Option(metavar="MATCHERS", help='Series of the service, such as \'job="shop",env="prod"\'.'),
    ]
    postgres: Annotated[
        str | None, typer.Option(metavar="DSN", help="PostgreSQL, read only. [env: DATABASE_URL, PG*]")
    ]
    pgbouncer: Annotated[
        str | None,
        typer.Option(
            metavar="DSN", help="PgBouncer's console, as a user of its stats_users. [env: PGBOUNCER_URL]"
        ),
    ]
    queue: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Broker or monitor of background work: redis://, amqp:// or http:// (RabbitMQ's management,"
            " Flower); repeatable. [env: CELERY_BROKER_URL, BROKER_URL, RABBITMQ_URL, AMQP_URL, ...]",
        ),
    ]
    cache: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="Redis that serves as cache; repeatable. [env: CACHE_URL, REDIS_URL, ...]"
        ),
    ]
    log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Where the service logs; repeatable: a file, - (standard input), journal:UNIT, or"
            " 'loki+http://HOST:3100?query={app=\"shop\"}'. [env for Loki: LOKI_ADDR, LOKI_ORG_ID,"
            " LOKI_BEARER_TOKEN, LOKI_BEARER_TOKEN_FILE, LOKI_USERNAME, LOKI_PASSWORD, LOKI_HEADERS,"
            " LOKI_CA_CERT_PATH]",
        ),
    ]
    app_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The service itself; trivial requests are timed.")
    ]
    metrics_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Its metrics page; default APP_URL/metrics.")
    ]
    pid: Annotated[
        str | None, typer.Option(metavar="PID", help="Its server process: master, worker or the only one.")
    ]


class Observed:
    """What only a person knows."""

    observed: Annotated[
        list[str] | None,
        typer.Option(
            "--symptom",
            metavar="ID",
            autocompletion=complete.symptoms,
            help="What a person observed and no metric shows (see below); repeatable.",
        ),
    ]


class Care:
    """How long an answer may take, and how much the service may notice."""

    deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="Answer after so long at most. [default: 10s]")
    ]
    stacks: Annotated[
        bool | None,
        typer.Option(
            "--stacks/--no-stacks",
            show_default=False,
            help="Name the line that blocks: reads stacks with py-spy, pausing workers 20 times for 2 ms."
            " [default: when an event loop looks blocked]",
        ),
    ]
    gentle: Annotated[
        bool | None,
        typer.Option("--gentle", show_default=False, help="Attach to no process of the service."),
    ]


class Asking(Care):
    """Which sources are asked, and how long an answer may take."""

    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE", autocompletion=complete.sources, help="Ask only this source; repeatable."
        ),
    ]
    skip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE", autocompletion=complete.sources, help="Do not ask this source; repeatable."
        ),
    ]


class Span:
    """How much of the past is looked at, and what it is compared with."""

    window: Annotated[
        str | None, typer.Option(metavar="TIME", help="Look at so much of the past. [default: 5m]")
    ]
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Compare with so long ago. [default: 1h]")
    ]


class Times(Span):
    """Which stretch of time is looked at."""

    at: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help="Look at the past, which Prometheus and Loki keep: 2h ago, '2026-11-22 03:10' (local time),"
            " 2026-11-22T03:10:00Z.",
        ),
    ]


class Rules:
    """The table by which is judged."""

    rules: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="A folder of your own rules, added to the built-in ones; repeatable."
        ),
    ]


class Kept:
    """Where earlier diagnoses are kept."""

    history: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Where earlier diagnoses are kept: a file, a PostgreSQL DSN that hosts share, or off."
            " [default: history.sqlite in the state directory] [env: FASTDIAG_HISTORY]",
        ),
    ]
