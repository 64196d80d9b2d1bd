"""`fastdiag schedule cron`: a line for a crontab."""

from __future__ import annotations

from typing import Final

from fastdiag.cli.schedule.carries import Carried, carries
from fastdiag.cli.schedule.timing import (
    EVERY,
    EveryOption,
    NameOption,
    ProgramOption,
    StartOption,
    Timing,
    UserOption,
)

HELP: Final = """Print a line for a crontab that takes a report regularly.

Takes the options of `fastdiag report`, fastdiag.yaml and the environment as they are here. Secrets are not
printed: the line reads them from a file of yours. With --user it is a line for /etc/cron.d, which names one.
Not taken are --pid, --at and --mark: they do not last.

\b
Examples:
  fastdiag schedule cron --every 15m --service shop
  fastdiag schedule cron --every 1d --start 07:30 -o /srv/www/shop.html
  (crontab -l; fastdiag schedule cron -c shop.yaml) | crontab -
"""


@carries
def cron(
    *,
    every: EveryOption = EVERY,
    start: StartOption = None,
    name: NameOption = None,
    user: UserOption = None,
    program: ProgramOption = None,
    carried: Carried,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.schedule.timing import asked_of, present_of  # noqa: PLC0415 - --help must not load the program
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise
    from fastdiag.config.later.job import job_here  # noqa: PLC0415 - likewise
    from fastdiag.schedule.cron import crontab  # noqa: PLC0415 - likewise

    present = present_of(carried)
    timing = Timing(every=every, start=start, name=name, user=user, program=program)
    put_document(crontab(job_here(present, asked_of(timing, present))))
    return 0
