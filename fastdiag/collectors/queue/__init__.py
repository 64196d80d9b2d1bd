"""Background work: what waits in the queues of Celery, RQ, arq and Dramatiq, and who takes it from there."""

from fastdiag.collectors.queue.collect import collect

__all__ = ["collect"]
