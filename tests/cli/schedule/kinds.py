"""What `fastdiag schedule` prints, and how to find in it what is started."""

from __future__ import annotations

import re
from typing import Any

import yaml

PASSWORD = "Kr0k0dil-42"  # noqa: S105 - what must not turn up anywhere
IMAGE = ("--image", "fastdiag:0.1")
KINDS = {"systemd": (), "cron": (), "kubernetes": IMAGE}


def command(text: str) -> str:
    """Return the line that starts the report."""
    [line] = re.findall(r"^(?:ExecStart=|\S+ \S+ \S+ \S+ \S+ (?=nice|env|\{)).*", text, re.MULTILINE)
    return str(line)


def container(text: str) -> dict[str, Any]:
    """Return the container that runs it."""
    *_, cron = yaml.safe_load_all(text)
    [found] = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return dict(found)
