"""Publishes through the MeterProvider that the application has set."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fastdiag.instrument.guard import tell_once
from fastdiag.instrument.meter import Series
from fastdiag.instrument.metrics import SCOPE, Kind, Metric

if TYPE_CHECKING:  # never imported for an application that does not use it
    from opentelemetry.metrics import CallbackOptions, Histogram, Meter, MeterProvider, Observation

_API: Final = "opentelemetry.metrics"


def provider_in_use() -> MeterProvider | None:
    """Return the provider that the application has set; None when it has set none, or does not use the API.

    The API's own providers are placeholders that record nothing.
    """
    if _API not in sys.modules:
        return None
    from opentelemetry.metrics import get_meter_provider  # noqa: PLC0415 - see above

    provider = get_meter_provider()
    return None if type(provider).__module__.startswith(_API) else provider


class OpenTelemetryBackend:
    """Instruments of one meter; a gauge is observed when the provider collects."""

    def __init__(self, provider: MeterProvider) -> None:
        self._meter: Meter = provider.get_meter(SCOPE)
        self._instruments: dict[str, _Instrument] = {}

    def series(self, metric: Metric, values: tuple[str, ...]) -> Series:
        """Return what takes a series' values."""
        if metric.name not in self._instruments:
            self._instruments[metric.name] = _Instrument(self._meter, metric)
        named = zip(metric.labels, values, strict=True)
        return self._instruments[metric.name].series({name: value for name, value in named if value})


class _Instrument:
    def __init__(self, meter: Meter, metric: Metric) -> None:
        self._kind = metric.kind
        self._gauges: list[_Level] = []
        unit, text = metric.unit or "1", metric.help
        match metric.kind:
            case Kind.COUNTER:
                self._add = meter.create_counter(metric.name, unit, text).add
            case Kind.HISTOGRAM:
                self._add = _histogram(meter, metric).record
            case Kind.GAUGE:
                meter.create_observable_up_down_counter(metric.name, [self._observed], unit, text)

    def series(self, attributes: dict[str, str]) -> Series:
        if self._kind is Kind.GAUGE:
            level = _Level(attributes)
            self._gauges.append(level)
            return level.set
        return lambda value: self._add(value, attributes)

    def _observed(self, _: CallbackOptions) -> Iterator[Observation]:
        from opentelemetry.metrics import Observation  # noqa: PLC0415 - see above

        for level in tuple(self._gauges):
            yield Observation(level.value, level.attributes)


def _histogram(meter: Meter, metric: Metric) -> Histogram:
    """Return a histogram with its own buckets, where the API is new enough (1.31) to take them."""
    try:
        return meter.create_histogram(
            metric.name, metric.unit, metric.help, explicit_bucket_boundaries_advisory=metric.buckets
        )
    except TypeError:
        tell_once(f"the fine grain of {metric.name}", "this OpenTelemetry API is older than 1.31")
        return meter.create_histogram(metric.name, metric.unit, metric.help)


class _Level:
    __slots__ = ("attributes", "value")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.value = 0.0

    def set(self, value: float) -> None:
        self.value = value
