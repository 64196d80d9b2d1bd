"""The process table: what the service's processes do, seen from outside, in one sampling window."""

from fastdiag.collectors.processes.collect import collect

__all__ = ["collect"]
