"""`fastdiag schedule kubernetes`: a CronJob, and the ConfigMap of its configuration."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from fastdiag.cli.schedule.carries import Carried, carries
from fastdiag.cli.schedule.timing import EVERY, EveryOption, NameOption, StartOption, Timing

HELP: Final = """Print a CronJob that takes a report regularly, with the ConfigMap of its configuration.

Takes the options of `fastdiag report`, fastdiag.yaml, its rules and the environment as they are here. Secrets
are not printed: the CronJob refers to a Secret, which is yours to make. The pod needs no role, has a
read-only root, no capability and limits; it sees what can be seen over the network.
Not taken are --pid, --at and --mark: they do not last.

\b
Examples:
  fastdiag schedule kubernetes --image IMAGE --every 15m --service shop
  fastdiag schedule kubernetes --image IMAGE -c shop.yaml | kubectl apply -f -
  fastdiag schedule kubernetes --image IMAGE --claim fastdiag -o shop.html
"""
ImageOption = Annotated[
    str, typer.Option("--image", metavar="IMAGE", help="An image that has `fastdiag` on its path.")
]
NamespaceOption = Annotated[
    str | None, typer.Option("--namespace", metavar="NAME", help="Where it runs. [default: kubectl's]")
]
ClaimOption = Annotated[
    str | None,
    typer.Option("--claim", metavar="NAME", help="PersistentVolumeClaim that keeps the history and reports."),
]
TimeZoneOption = Annotated[
    str, typer.Option("--time-zone", metavar="ZONE", help="By which --start is meant, as Europe/Berlin.")
]


@carries
def kubernetes(
    *,
    image: ImageOption,
    every: EveryOption = EVERY,
    start: StartOption = None,
    time_zone: TimeZoneOption = "Etc/UTC",
    name: NameOption = None,
    namespace: NamespaceOption = None,
    claim: ClaimOption = None,
    carried: Carried,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.schedule.timing import asked_of, present_of  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise
    from fastdiag.config.later.job import job_in_pod  # noqa: PLC0415 - likewise
    from fastdiag.config.later.pod import out_of_reach, pod  # noqa: PLC0415 - likewise
    from fastdiag.schedule.kubernetes import manifest  # noqa: PLC0415 - likewise

    present = present_of(carried)
    timing = Timing(every=every, start=start, name=name)
    job = job_in_pod(present, asked_of(timing, present, program=("fastdiag",)))
    for text in out_of_reach(present):
        note(text)
    shape = pod(
        present, carried.flags.rules, image=image, namespace=namespace, claim=claim, time_zone=time_zone
    )
    put_document(manifest(job, shape))
    return 0
