"""A Redis client that only reads, and cannot be held up or flooded.

The commands it can send are the functions of ``commands.py``, and no others; the answers it accepts are
bounded in bytes, elements and time. Everything that goes wrong is a SourceFailed in plain words.
"""

from fastdiag.collectors.redis_client.address import Address, distinct, parse_address
from fastdiag.collectors.redis_client.client import Redis, connect
from fastdiag.collectors.redis_client.failure import Full, Refused, is_down

__all__ = [
    "Address",
    "Full",
    "Redis",
    "Refused",
    "connect",
    "distinct",
    "is_down",
    "parse_address",
]
