"""`fastdiag serve`: a receiver for Alertmanager's webhooks that takes a snapshot when an alert fires."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.notify_options import PLACES
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Kept, Rules, Span, Targets

if TYPE_CHECKING:
    from fastdiag.config.file import ConfigFile
    from fastdiag.config.flags import Flags
    from fastdiag.config.settings import Settings
    from fastdiag.recorder import Declined, Recording
    from fastdiag.recorder.desk import Desk
    from fastdiag.recorder.tally import Tally

HELP: Final = """Receive alerts of Alertmanager; take, keep and send a snapshot when one fires.

An alert at 3 a.m. leaves what the service looked like at that moment, before anybody restarts it. Snapshots
are limited in rate, number, size and age (record: in fastdiag.yaml). Every sender has to know a secret; only
this machine is listened to unless --listen says otherwise. Ends on SIGTERM or Ctrl-C.

\b
Examples:
  openssl rand -hex 32 > serve.secret; chmod 600 serve.secret
  fastdiag serve --secret-file serve.secret
  fastdiag serve --secret-file serve.secret --service shop --record alerts
  fastdiag serve --secret-file serve.secret --notify slack --only prometheus

\b
In alertmanager.yml:
  receivers:
    - name: fastdiag
      webhook_configs:
        - url: http://127.0.0.1:8790/alerts
          send_resolved: false
          http_config:
            authorization: {credentials_file: /etc/alertmanager/serve.secret}
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  ended by SIGTERM or Ctrl-C
  2  wrong use, configuration or rules, or it cannot listen there
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
PATIENCE_S: Final = 60.0
"""What a recording that is under way gets to be finished and sent; systemd kills after 90 s."""
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="DIR",
        help="Where snapshots are kept, one directory a service."
        " [default: recordings/SERVICE in the state directory]",
    ),
]
ListenOption = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Where to listen. [default: 127.0.0.1:8790]")
]
SecretFileOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Holds the secret, which senders give as bearer token or as password."
        " [env: FASTDIAG_SERVE_SECRET]",
    ),
]


@takes(Config, Targets, Asking, Span, Rules, Kept, *PLACES)
def serve(
    *,
    flags: Flags,
    record: RecordOption = None,
    listen: ListenOption = None,
    secret_file: SecretFileOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    return _run(flags, record, listen, secret_file)


def _run(flags: Flags, record: Path | None, listen: str | None, secret_file: Path | None) -> int:
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.places import find_config  # noqa: PLC0415 - likewise
    from fastdiag.config.receiving import check_receiving  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.recorder import server  # noqa: PLC0415 - likewise
    from fastdiag.recorder.receiver import Receiver  # noqa: PLC0415 - likewise
    from fastdiag.recorder.tally import Tally  # noqa: PLC0415 - likewise

    file, notes = find_config(flags.config, os.environ)
    receiving = check_receiving(file, listen, secret_file)
    settings = _for_serving(load_settings(flags, file=file))
    for text in (*notes, *settings.notes, *receiving.notes):
        note(text)
    address = server.Address(host=receiving.host, port=receiving.port)
    with server.listen(address) as listening:  # first: a port that is taken is told before rules are read
        tally = Tally()
        desk = _desk(flags, file, settings, record, tally)
        if not address.is_loopback:
            note("other machines can reach it, and the secret crosses the network as plain text")
        ready = f"waiting for alerts on http://{address}/alerts; snapshots go to {desk.recorder.directory}"
        server.serve_http(Receiver(desk, receiving.secret, tally), listening, lambda: note(ready))
    if not desk.close(PATIENCE_S):
        note("ended before the last recording was sent")
    return 0


def _for_serving(settings: Settings) -> Settings:
    """Return the settings of every snapshot. Raise ConfigError for what can be looked at only once."""
    from fastdiag.errors import ConfigError  # noqa: PLC0415 - likewise
    from fastdiag.model.log_place import LogStdin  # noqa: PLC0415 - likewise

    if any(isinstance(place, LogStdin) for place in settings.logs):
        raise ConfigError(
            "--log - is there once, and alerts come again",
            hint="name the file or the unit: --log FILE, --log journal:UNIT",
        )
    return settings


def _desk(flags: Flags, file: ConfigFile, settings: Settings, record: Path | None, tally: Tally) -> Desk:
    from fastdiag import pipeline  # noqa: PLC0415 - likewise
    from fastdiag.cli.recording import plan, tell  # noqa: PLC0415 - likewise
    from fastdiag.recorder.desk import Desk  # noqa: PLC0415 - likewise

    table = pipeline.open_table(settings)
    # All of the rules are read now: what is wrong with them is told, and an alert does not wait for them.
    planned = plan(flags, file, settings.service, table.whole(), record)

    def told(outcome: Recording | Declined) -> None:
        tally.came(outcome)
        tell(outcome)

    return Desk(
        planned.directory,
        planned.limits,
        take=lambda: pipeline.snapshot(settings, table=table).diagnosis,
        send=planned.send,
        told=told,
    )
