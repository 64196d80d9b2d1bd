"""What the workers' threads are doing, line by line: py-spy reads their stacks from outside."""

from fastdiag.collectors.stacks.collect import collect

__all__ = ["collect"]
