"""Logs: the tail of each, and what is added to it while the others are asked.

Where lines come from                               What they say
    lines     Line, Batch, Log: what all share          (see the modules beside these)
    tail      regular files, from their end
    stdin     what is piped in
    journal   a unit of journald
    loki      a Grafana Loki server
    opening   from the target to open logs, and the two looks at them
"""

from fastdiag.collectors.logs.collect import collect

__all__ = ["collect"]
