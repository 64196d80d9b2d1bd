"""`fastdiag notify test`: whether messages and metrics reach those who are to have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.notify_options import PLACES
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

HELP: Final = """Send a test message to every channel, and say of each whether it took it.

The channels are those of fastdiag.yaml (notify:) or of --notify; the service is not looked at. A textfile is
not touched, only whether it could be written; a Pushgateway gets a metric that is deleted again.

\b
Examples:
  fastdiag notify test
  SLACK_WEBHOOK_URL=https://... fastdiag notify test --notify slack
  fastdiag notify test --notify mailto:oncall@example.org
  fastdiag notify test --pushgateway http://pushgateway:9091
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  everything was taken
  1  something was not
  2  wrong use or configuration, or nobody is to be told
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
FAILED: Final = 1
ServiceOption = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="The service that the message names.")
]


@takes(Config, *PLACES)
def send_test(*, flags: Flags, service: ServiceOption = None) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - likewise
    from fastdiag.config.notify import load_notify  # noqa: PLC0415 - likewise
    from fastdiag.errors import ConfigError  # noqa: PLC0415 - likewise
    from fastdiag.render import deliveries  # noqa: PLC0415 - likewise
    from fastdiag.reporting.try_out import try_out  # noqa: PLC0415 - likewise

    to = load_notify(flags)
    if to.is_empty:
        raise ConfigError(
            "nobody is to be told, and no metrics go anywhere",
            hint="add notify: to fastdiag.yaml, or give --notify, --textfile or --pushgateway",
        )
    with progress() as report:
        report("sending a test message")
        done = try_out(to, service or "no service in particular")
    on = screen()
    put(deliveries.render(done, width=on.width, color=on.color, encoding=on.encoding))
    return FAILED if any(one.error is not None for one in done) else 0
