"""What a function does only with a session of its own: `if db is None: db = Session(); own = True`.

Whoever is handed a session leaves it to its giver: `if own: db.commit()` is not reached then. Where everybody
on the event loop hands one in, the commit is none of theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fastdiag.audit.ground import Ground
from fastdiag.audit.offload import Where
from fastdiag.source.model import Call, Function


def is_spared(ground: Ground, call: Call) -> bool:
    """Tell whether a call is made only without a parameter that everybody on the event loop gives."""
    function = call.within
    if function is None or isinstance(function.node, ast.Lambda):
        return False
    parameter = next(_lacking(function.node, call.node), None)
    if parameter is None or any(one.function is function for one in ground.roots.entries):
        return False
    callers = list(_callers(ground, function))
    return bool(callers) and all(_gives(one, function, parameter) for one in callers)


def _lacking(node: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> Iterator[str]:
    """Yield the parameters without which alone a call is reached."""
    for fork in ast.walk(node):
        match fork:
            case ast.If(test=ast.Name(id=flag), body=body) if _is_in(call, body):
                yield from _told_by(node, flag)
            case _:
                pass


def _is_in(call: ast.Call, body: list[ast.stmt]) -> bool:
    return body[0].lineno <= call.lineno <= (body[-1].end_lineno or 0)


def _told_by(node: ast.FunctionDef | ast.AsyncFunctionDef, flag: str) -> Iterator[str]:
    """Yield the parameter of which a flag tells that it is missing: nothing else may set the flag."""
    optional = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
    values = [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Assign) and any(_is_name(to, flag) for to in one.targets)
    ]
    names = {_tested(value) for value in values} - {None}
    for fork in ast.walk(node):
        if isinstance(fork, ast.If) and any(_sets(one, flag) for one in fork.body):
            names.add(_tested(fork.test))
    certain = all(_tested(value) or isinstance(value, ast.Constant) for value in values)
    if certain and len(names) == 1:
        yield from (name for name in names if name in optional)


def _tested(test: ast.expr) -> str | None:
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return name
        case _:
            return None


def _sets(node: ast.stmt, flag: str) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=True)):
            return name == flag
        case _:
            return False


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _callers(ground: Ground, function: Function) -> Iterator[Call | None]:
    """Yield the calls on the event loop that run a function; None for a way that is no plain call."""
    for caller in ground.reach.on_loop:
        for edge in ground.reach.edges(caller):
            if edge.target is function and edge.where is Where.HERE:
                at = (call for call in caller.calls if call.place == edge.place)
                yield next((one for one in at if _calls(ground, one, function)), None)


def _calls(ground: Ground, call: Call, function: Function) -> bool:
    return any(getattr(target.value, "function", None) is function for target in ground.project.targets(call))


def _gives(call: Call | None, function: Function, parameter: str) -> bool:
    """Tell whether a call passes something for a parameter that is not, and cannot well be, None."""
    if call is None or isinstance(function.node, ast.Lambda):
        return False
    arguments = function.node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    own = function.owner is not None and names[:1] in (["self"], ["cls"])
    at = names.index(parameter) - own if parameter in names else None
    node = call.node
    given: ast.expr | None = next((word.value for word in node.keywords if word.arg == parameter), None)
    if given is None and at is not None and not any(isinstance(one, ast.Starred) for one in node.args):
        given = node.args[at] if at < len(node.args) else None
    if given is None or isinstance(given, ast.Constant | ast.IfExp | ast.BoolOp):
        return False
    return not (isinstance(given, ast.Name) and _may_be_none(given.id, call.within))


def _may_be_none(name: str, within: Function | None) -> bool:
    """Tell whether a name is an optional parameter that its function passes on as it is."""
    if within is None or isinstance(within.node, ast.Lambda):
        return True
    arguments = within.node.args
    plain = (*arguments.posonlyargs, *arguments.args)
    late = plain[len(plain) - len(arguments.defaults) :]
    pairs = [*zip(late, arguments.defaults, strict=True)]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs += [(one, value) for one, value in named if value]
    optional = {one.arg for one, value in pairs if isinstance(value, ast.Constant) and value.value is None}
    is_set = any(
        isinstance(node, ast.Assign) and any(_is_name(to, name) for to in node.targets)
        for node in ast.walk(within.node)
    )
    return name in optional and not is_set
