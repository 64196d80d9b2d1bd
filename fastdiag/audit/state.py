"""State in the memory of a worker that requests write: with several workers, each has another."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.certainty import weakest
from fastdiag.audit.ground import Ground
from fastdiag.audit.module_state import Held, shared_state
from fastdiag.audit.naming import listed, words_of
from fastdiag.audit.server_settings import configured_workers
from fastdiag.audit.state_reads import is_read
from fastdiag.audit.state_writes import Way, Write, writes
from fastdiag.model.audit import Confidence, Finding, Severity, Step
from fastdiag.source.model import Function

STATE: Final = "worker-local-state"
IDS: Final = (STATE,)

_CACHES: Final = frozenset({"cache", "caches", "cached", "memo", "lru", "ttl"})
_OWN: Final = frozenset({
    "metric", "metrics", "stat", "stats", "pool", "pools", "client", "clients", "buffer", "breaker",
    "breakers", "tasks", "callbacks", "handlers", "listeners", "hooks", "plugins", "instances",
    "executors", "engines", "loggers", "threads", "models", "compiled", "templates",
})  # fmt: skip
"""Words of what each worker rightly has for itself."""
_TIDIES: Final = frozenset({
    "evict", "expire", "expired", "prune", "trim", "cleanup", "clean", "purge", "sweep", "shutdown", "close",
    "reset", "teardown",
})  # fmt: skip
"""Words of functions that drop what is old: that does not have to happen in all workers at once."""
_STORES: Final = ("redis", "memcache", "valkey", "etcd", "dynamodb")
_TASK_MAKERS: Final = frozenset({"create_task", "ensure_future"})
_LOCKS: Final = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event"})


def check(ground: Ground) -> Iterator[Finding]:
    """Yield each piece of state that requests write, once, at the first place that writes it."""
    shared = shared_state(ground.project)
    found: dict[tuple[str, str], list[Write]] = {}
    for function in ground.project.functions.values():
        if ground.reach.on_request_path(function):
            for write in writes(function, shared):
                found.setdefault((write.held.module.name, write.held.name), []).append(write)
    workers = configured_workers(ground.project)
    for puts in _by_writer(_that_matter(found.values())):
        yield _finding(ground, puts, workers)


def _that_matter(found: Iterable[list[Write]]) -> Iterator[list[Write]]:
    """Yield for each piece of state what puts something into it, where others would have to see it."""
    for together in found:
        puts = [write for write in together if write.way is not Way.DROP and not _is_of_its_own(write)]
        if puts and (not _is_cache(puts[0].held) or _is_invalidated(together)) and is_read(puts[0].held):
            yield sorted(puts, key=lambda write: write.place)


def _by_writer(pieces: Iterable[list[Write]]) -> Iterable[list[Write]]:
    """Put the pieces together that one function is the first to write: they are mended together."""
    groups: dict[tuple[Function, bool], list[Write]] = {}
    for puts in pieces:
        groups.setdefault((puts[0].within, _is_cache(puts[0].held)), []).extend(puts)
    return groups.values()


def _is_of_its_own(write: Write) -> bool:
    words = set(words_of(write.held.name))
    is_asked_for = write.way is Way.KEYED and not isinstance(write.value, ast.Name)
    if write.way is Way.PUT and _is_task(write.value, write.within):
        return True
    return bool(words & _OWN) and not ("tasks" in words and is_asked_for)


def _is_task(value: ast.expr | None, within: Function) -> bool:
    """Tell whether it is a task of the event loop, which a set only keeps from being collected."""
    match value:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _TASK_MAKERS
        case ast.Name(id=name):
            made = (node for node in own_nodes(within) if isinstance(node, ast.Assign))
            return any(_binds(node, name) and _is_task(node.value, within) for node in made)
        case _:
            return False


def _binds(node: ast.Assign, name: str) -> bool:
    is_itself = isinstance(node.value, ast.Name)  # a name for a name ends nowhere
    return not is_itself and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)


def _is_invalidated(together: Iterable[Write]) -> bool:
    """Tell whether a function drops what is no longer true, not only what is old or too much."""
    puts = {write.within for write in together if write.way is not Way.DROP}
    drops = {write.within for write in together if write.way is Way.DROP} - puts
    return any(not _TIDIES & set(words_of(function.name)) for function in drops)


def _finding(ground: Ground, puts: list[Write], workers: int | None) -> Finding:
    first = min(puts, key=lambda write: write.place)
    held = first.held
    names = listed(dict.fromkeys(write.held.name for write in sorted(puts, key=lambda write: write.place)))
    others = len({write.within for write in puts}) - 1
    who = (
        f"{first.within.name} and {others} other function{'s' * (others > 1)} write"
        if others
        else (f"{first.within.name} writes")
    )
    owner = "" if held.owner is None else f" of {held.owner.node.name}"
    is_doubtful = all(map(_speaks_of_shared_store, puts))
    unless = ", unless it is kept in a shared store as well" if is_doubtful else ""
    return Finding(
        check=STATE,
        place=first.place,
        message=f"{who} {names}{owner}, which each worker has for itself: {_consequence(puts)}{unless}",
        confidence=weakest(
            _confidence(held, workers, is_doubtful=is_doubtful), ground.reach.confidence(first.within)
        ),
        severity=Severity.NOTE if is_doubtful else _severity(ground, held, workers),
        chain=(
            *ground.reach.chain_to(first.within),
            Step(text=f"writes {names}", place=first.place, function=first.within.qualname),
        ),
        kind="cache" if _is_cache(held) else "state",
    )


def _speaks_of_shared_store(write: Write) -> bool:
    """Tell whether the function that writes, or the class of what it writes, also names a store for all."""
    node = write.within.node if write.held.owner is None else write.held.owner.node
    lines = write.held.module.lines if write.held.owner else write.within.module.lines
    lines = lines[node.lineno - 1 : node.end_lineno]
    return any(store in line.lower() for line in lines for store in _STORES)


def _consequence(puts: Iterable[Write]) -> str:
    if any(_makes_lock(write.value) for write in puts):
        return "a lock in one worker does not keep the others out"
    if _is_cache(next(iter(puts)).held):
        return "what one worker drops from it stays in the others"
    return "a request that another worker serves does not see it, and a restart forgets it"


def _makes_lock(value: ast.expr | None) -> bool:
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _LOCKS
        case _:
            return False


def _is_cache(held: Held) -> bool:
    owner = held.owner.node.name if held.owner else ""
    return bool(_CACHES & {*words_of(held.name), *words_of(owner)})


def _confidence(held: Held, workers: int | None, *, is_doubtful: bool) -> Confidence:
    if is_doubtful:
        return Confidence.POSSIBLE
    if workers is not None and workers > 1:
        return Confidence.CERTAIN if held.owner is None else Confidence.LIKELY
    return Confidence.LIKELY if held.owner is None and workers is None else Confidence.POSSIBLE


def _severity(ground: Ground, held: Held, workers: int | None) -> Severity:
    # A cache that grows old is a remark; so is state in the only worker, until there are two.
    if workers == 1 or _is_cache(held):
        return Severity.NOTE
    return ground.checks[STATE].severity
