"""Options that say who is told of a result and where its metrics go, for commands that run by themselves."""

# No `from __future__ import annotations`: here annotations are data, and text would have to be read again.

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli import complete

WORDS: Final = ("slack", "webhook", "mail", "off")


def complete_notify(incomplete: str) -> Iterable[str]:
    """Complete --notify."""
    return complete.matching(WORDS, incomplete)


class People:
    """Who is told."""

    notify: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHERE",
            autocompletion=complete_notify,
            help="Whom to tell: slack, webhook, mail of fastdiag.yaml or of the environment; an https:// URL,"
            " slack+https://... for what takes messages as Slack does, or mailto:ADDRESS; off tells nobody."
            " Repeatable. [env: SLACK_WEBHOOK_URL, FASTDIAG_WEBHOOK_URL, FASTDIAG_SMTP_URL]",
        ),
    ]


class Occasions:
    """When they are told."""

    always: Annotated[
        bool | None,
        typer.Option("--always", help="Tell of every run, not only of a new status or a new first cause."),
    ]


class Metrics:
    """Where the metrics of a run go."""

    textfile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write metrics for node_exporter's textfile collector: NAME.prom."),
    ]
    pushgateway: Annotated[
        str | None, typer.Option(metavar="URL", help="Push metrics to a Prometheus Pushgateway.")
    ]


PLACES: Final = (People, Metrics)
NOTIFY: Final = (People, Occasions, Metrics)
"""For ``takes``: ``@takes(Config, Targets, *NOTIFY)``."""
