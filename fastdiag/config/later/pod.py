"""Reading what only a pod needs: its image, namespace, volume and time zone."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config.later.embedded import embedded
from fastdiag.config.later.present import Present, check_printable
from fastdiag.config.notify_places import is_local
from fastdiag.config.settings import Settings
from fastdiag.errors import ConfigError
from fastdiag.model.log_place import LokiQuery
from fastdiag.model.schedule import Pod
from fastdiag.model.target import Secret

_IMAGE: Final = re.compile(r"[A-Za-z0-9][\w.:/@-]{0,511}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ZONE: Final = re.compile(r"[A-Z][\w+-]*(?:/[\w+-]+){0,2}", re.ASCII)
_ANY_ZONE: Final = "Europe/Berlin"
_ZONE_HINT: Final = f"such as {_ANY_ZONE}"
_TO_MOUNT: Final = "has to be mounted into the pod, which has no file of this machine"
_NAME_HINT: Final = "lower case letters, digits and dashes"


def pod(  # noqa: PLR0913 - one an option
    present: Present,
    typed_rules: Iterable[Path],
    *,
    image: str,
    namespace: str | None,
    claim: str | None,
    time_zone: str,
) -> Pod:
    """Return what only a pod needs.

    Raises:
        ConfigError: one of the names is none, or the configuration cannot be put into a ConfigMap.

    """
    _check("--image", image, _IMAGE, "such as registry.example.com/fastdiag:0.1")
    _check("--namespace", namespace, _LABEL, _NAME_HINT)
    _check("--claim", claim, _NAME, _NAME_HINT)
    _check("--time-zone", time_zone, _ZONE, _ZONE_HINT)
    if not _is_zone(time_zone) and _is_zone(_ANY_ZONE):  # else no time zone is known on this machine
        raise ConfigError(f"--time-zone: there is no {time_zone!r}", hint=_ZONE_HINT)
    return Pod(
        image=image,
        namespace=namespace,
        claim=claim,
        time_zone=time_zone,
        forgets=claim is None and _keeps_file(present),
        files=embedded(present, typed_rules),
    )


def _keeps_file(present: Present) -> bool:
    """Whether a history is kept, and not in a database."""
    history = present.settings.history
    is_off = any(one.name == "no_history" for one in present.options)
    return history is not None and not is_off and not isinstance(history.store, Secret)


def _check(option: str, text: str | None, form: re.Pattern[str], hint: str) -> None:
    if text is None:
        return
    check_printable(option, text)
    if not form.fullmatch(text):
        raise ConfigError(f"{option} cannot be {text!r}", hint=hint)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def out_of_reach(present: Present) -> Iterator[str]:
    """Yield a sentence for everything of this machine that the configuration names and a pod lacks."""
    yield from _loopbacks(present.settings)
    for server in present.file.servers.values():
        for name in ("token_file", "ca_file"):
            if written := server.access.get(name):
                yield f"{name} {written.text} {_TO_MOUNT}"
    for one in present.variables:
        if one.value is not None and one.value.startswith("/"):
            yield f"{one.name}={one.value} {_TO_MOUNT}"
    for place in present.settings.logs:
        if not isinstance(place, LokiQuery):
            yield f"log {place.spec} is of this machine, and a pod does not see it; Loki it can ask"


def _loopbacks(settings: Settings) -> Iterator[str]:
    """Yield a sentence for every address that means another machine there than here."""
    named = {
        "prometheus": settings.prometheus,
        "postgres": settings.postgres,
        "pgbouncer": settings.pgbouncer,
        "app_url": settings.app_url,
        "metrics_url": settings.metrics_url,
        "loki": settings.loki,
        **{f"queue {number}": url for number, url in enumerate(settings.queues, start=1)},
        **{f"cache {number}": url for number, url in enumerate(settings.caches, start=1)},
    }
    for name, address in named.items():
        text = address.reveal() if isinstance(address, Secret) else address or ""
        host = urlsplit(text).hostname or ""
        if is_local(host):
            yield f"{name}: {host} is the pod itself there; name it as the cluster does: NAME.NAMESPACE.svc"
