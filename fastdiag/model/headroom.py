"""Hard limits and how far away they are: the definitions, and what one snapshot says of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import Condition, Parameter
from fastdiag.model.signal import Labels, Missing
from fastdiag.model.snapshot import Snapshot

# --- definitions ------------------------------------------------------------------------------


class Scope(StrEnum):
    """What has the limit: each worker its own, the service as a whole, the machine, or a shared server."""

    WORKER = "worker"
    SERVICE = "service"
    HOST = "host"
    SERVER = "server"  # of a database, pooler or cache: other clients use it up too


class ScalesWith(StrEnum):
    """What makes the use of a limit grow."""

    TRAFFIC = "traffic"
    CONNECTIONS = "connections"  # clients, pools and workers, which traffic brings only indirectly
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A limit that is the same everywhere, and where that is known from."""

    value: Quantity
    source: str

    def __str__(self) -> str:
        return f"{self.value} ({self.source})"


@dataclass(frozen=True, slots=True)
class Measured:
    """A limit that is itself a signal."""

    signal: str

    def __str__(self) -> str:
        return self.signal


Bound = Measured | Parameter | Fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to see how full a limit is: a signal and its bound in the same unit.

    when  the comparison means something only while this holds
    """

    used: str
    limit: Bound
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """A signal that says by how much the use grows in so many seconds, whatever the traffic."""

    signal: str
    per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One hard limit of a service or of what it depends on.

    measures    ways to see it, the best first
    means       what happens when it is reached
    configured  where it is set
    raise_it    how to raise it, and what that costs
    obtain      how a person sees the numbers when they are unknown
    becomes     id of the cause that it turns into when it is reached
    """

    id: str
    title: str
    measures: tuple[Measure, ...]
    per: Scope
    scales_with: ScalesWith
    means: str
    configured: str
    raise_it: str
    obtain: str
    growth: Growth | None = None
    becomes: str | None = None
    where: str = ""


# --- outcome ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number and where it comes from.

    signal  None for one that is no signal's: a parameter, or a fixed limit
    peak    highest value of the window, where that was seen and is higher
    before  value in the comparison window
    part    labels of the worker or pool that is meant; empty for the whole
    bias    why the number must not be trusted fully
    """

    signal: str | None
    value: float
    unit: Unit
    source: str
    bias: str | None = None
    peak: float | None = None
    before: float | None = None
    part: Labels = ()


class Basis(StrEnum):
    """What a multiple rests on."""

    REACHED = "reached"  # nothing is extrapolated: the limit is used up now
    MEASURED = "measured"  # how the use grew with traffic so far
    PROPORTIONAL = "proportional"  # all of the use is taken to grow with traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """At how many times today's traffic (or connections) a limit is reached; at most 1 = now."""

    multiple: float
    of: ScalesWith
    basis: Basis
    assumption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeToLimit:
    """When a limit is reached if its use goes on growing with time.

    rate       growth per second
    watched_s  how long it was watched to grow
    """

    seconds: float
    rate: float
    watched_s: float
    source: str
    bias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A limit whose use and bound are both known.

    utilization  used / bound now; with a peak of a count, that of the peak
    reach        None where no multiple can be told, and then ``no_reach`` says why
    """

    limit: Limit
    used: Amount
    bound: Amount
    utilization: float
    reach: Reach | None
    no_reach: str = ""
    time: TimeToLimit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLimit:
    """A limit of which one number at least was not seen; ``missing`` says which, and why."""

    limit: Limit
    missing: tuple[tuple[str, Missing], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dormant:
    """A limit that was seen and is none in the present state; ``because`` says when it would be one."""

    limit: Limit
    because: str


class Fit(StrEnum):
    """Whether two settings go together."""

    FITS = "fits"
    MISFIT = "does not fit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Two settings held against each other.

    numbers  the calculation with its numbers, as far as they are known
    because  what the verdict rests on
    why      why it matters
    """

    id: str
    title: str
    fit: Fit
    numbers: str
    because: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What breaks first: the limits from the tightest on, those that are unknown, and the arithmetic."""

    snapshot: Snapshot
    traffic: Amount | Missing
    limits: tuple[Standing, ...]
    unknown: tuple[UnknownLimit, ...]
    dormant: tuple[Dormant, ...]
    arithmetic: tuple[Sum, ...]

    @property
    def tightest(self) -> Standing | None:
        """The limit that is reached first, of those whose multiple is known."""
        known = (one for one in self.limits if one.reach)
        return min(known, key=lambda one: one.reach.multiple if one.reach else 0.0, default=None)
