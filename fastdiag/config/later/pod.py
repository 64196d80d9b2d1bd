"""Reading what only a pod needs: its image, namespace, volume and time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fastdiag.config.later.embedded import embedded
from fastdiag.config.later.present import Present, check_printable
from fastdiag.errors import ConfigError
from fastdiag.model.log_place import LokiQuery
from fastdiag.model.schedule import Pod
from fastdiag.model.target import Secret

_IMAGE: Final = re.compile(r"[A-Za-z0-9][\w.:/@-]{0,511}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ZONE: Final = re.compile(r"[A-Z][\w+-]*(?:/[\w+-]+){0,2}", re.ASCII)
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
    _check("--time-zone", time_zone, _ZONE, "such as Europe/Berlin")
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


def absent_files(present: Present) -> Iterator[str]:
    """Yield a sentence for every file of this machine that the configuration names and a pod lacks."""
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
