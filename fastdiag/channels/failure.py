"""Why something did not arrive, and whether it is worth another try."""

from __future__ import annotations

from fastdiag.errors import FastdiagError


class DeliveryError(FastdiagError):
    """Something was not taken.

    is_passing  whether the same may be taken in a moment
    wait_s      how long the receiver asks to be left alone
    """

    def __init__(
        self, message: str, *, hint: str | None = None, is_passing: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.is_passing = is_passing
        self.wait_s = wait_s
