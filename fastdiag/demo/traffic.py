"""What the shop's clients do: which calls, in which proportion, how many clients, how hurried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

BROWSE: Final = "GET /products/{id}"
LIST: Final = "GET /products"
TRACK: Final = "GET /orders/{id}"
RATES: Final = "GET /shipping/rates"
PAY: Final = "POST /orders/{id}/payment"
LABELS: Final = "POST /orders/{id}/labels"
RECEIPT: Final = "POST /receipts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One kind of request; ``weight`` is its share, ``ids`` the range that ``{id}`` is drawn from."""

    route: str
    weight: int
    ids: range = range(1, 201)
    body: Mapping[str, int] | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.partition(" ")[0]

    def path(self, number: int) -> str:
        """Return the path for one request."""
        return self.route.partition(" ")[2].replace("{id}", str(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Clients of one kind, each on a keep-alive connection of its own.

    Each sends a call, awaits the answer, pauses ``pause_s`` seconds on average, and so on: the rate
    is bounded by ``clients / pause_s``, the concurrency by ``clients``.
    """

    clients: int
    pause_s: float
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Everybody who uses the shop at the same time."""

    id: str
    groups: tuple[Group, ...]

    @property
    def clients(self) -> int:
        """How many clients there are in all: the highest concurrency."""
        return sum(group.clients for group in self.groups)


_PRIVATE_ORDERS: Final = range(1, 301)
_WHOLESALE_ORDERS: Final = range(301, 401)
_VISITS: Final = (Call(route=BROWSE, weight=60), Call(route=TRACK, weight=40, ids=_PRIVATE_ORDERS))
_PARTNER_SITES: Final = Group(clients=5, pause_s=0.3, calls=(Call(route=RATES, weight=1),))

ORDINARY_DAY: Final = Traffic(
    id="ordinary-day",
    groups=(
        Group(
            clients=10,
            pause_s=0.25,
            calls=(
                Call(route=BROWSE, weight=40),
                Call(route=LIST, weight=10),
                Call(route=TRACK, weight=20, ids=_PRIVATE_ORDERS),
                Call(route=RATES, weight=20),
                Call(route=PAY, weight=8, ids=_PRIVATE_ORDERS),
                Call(route=LABELS, weight=2, ids=_PRIVATE_ORDERS),
            ),
        ),
    ),
)
PACKING_MORNING: Final = Traffic(
    id="packing-morning",
    groups=(
        Group(clients=20, pause_s=0.3, calls=(Call(route=LABELS, weight=1, ids=_WHOLESALE_ORDERS),)),
        Group(clients=12, pause_s=0.3, calls=_VISITS),
        _PARTNER_SITES,
    ),
)
OPEN_TILLS: Final = Traffic(
    id="open-tills",
    groups=(
        Group(
            clients=3,
            pause_s=0.1,
            calls=(Call(route=RECEIPT, weight=1, body={"till": 3, "total_cents": 1250}),),
        ),
        Group(clients=4, pause_s=0.3, calls=_VISITS),
        _PARTNER_SITES,
    ),
)
EVENING_SALE: Final = Traffic(
    id="evening-sale",
    groups=(
        Group(clients=20, pause_s=0.3, calls=(Call(route=PAY, weight=1, ids=_PRIVATE_ORDERS),)),
        Group(clients=6, pause_s=0.3, calls=_VISITS),
        _PARTNER_SITES,
    ),
)
TRAFFIC: Final = {each.id: each for each in (ORDINARY_DAY, PACKING_MORNING, OPEN_TILLS, EVENING_SALE)}
