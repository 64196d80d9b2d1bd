"""Driver of the fiscal signing unit, as its vendor ships it: synchronous, and it polls.

A signing unit stamps every till receipt, as tax law demands in several countries. The device takes
about a quarter of a second a signature and offers no notification, so the driver asks until it is done.
"""

import hashlib
import time
from typing import Final

SIGNATURE_SECONDS: Final = 0.25
POLL_SECONDS: Final = 0.05


class SigningUnit:
    """One signing unit on the shop's premises."""

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self._ready_at = 0.0

    def sign(self, receipt: bytes) -> str:
        """Return the signature of a receipt; blocks until the unit has finished."""
        self._ready_at = time.monotonic() + SIGNATURE_SECONDS
        while not self._finished():
            time.sleep(POLL_SECONDS)
        return hashlib.sha256(self.serial.encode() + receipt).hexdigest()

    def _finished(self) -> bool:
        return time.monotonic() >= self._ready_at
