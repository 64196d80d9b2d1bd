"""A past that never was: samples of our own making, in a real Prometheus that scrapes nothing."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.stack.processes import MissingServerError
from tests.stack.prometheus import INSTALL_HINT, PrometheusServer, prometheus

Samples = Mapping[str, Iterable[tuple[float, float]]]
"""Time (seconds since the epoch) and value of each series, by `name{label="value"}`."""


@contextmanager
def remembering(samples: Samples, directory: Path) -> Iterator[PrometheusServer]:
    """Start Prometheus on a store that holds these samples."""
    program = shutil.which("promtool")
    if program is None:
        raise MissingServerError(INSTALL_HINT)
    text = directory / "samples.txt"
    text.write_text(_openmetrics(samples), encoding="utf-8")
    store = directory / "prometheus-data"
    command = [program, "tsdb", "create-blocks-from", "openmetrics", str(text), str(store)]
    subprocess.run(command, check=True, capture_output=True)
    with prometheus({}, directory) as server:
        yield server


def _openmetrics(samples: Samples) -> str:
    lines: list[str] = []
    for series, values in sorted(samples.items()):
        lines += [f"{series} {value!r} {at:.3f}" for at, value in values]
    return "\n".join([*lines, "# EOF\n"])
