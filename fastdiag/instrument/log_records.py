"""The request id in every record of `logging`, and in the lines of plain formatters.

Each record gets the attribute `request_id` (`-` outside a request), so that `%(request_id)s` works in any
format, and formatters that write all attributes, such as JSON ones, show it by themselves. A plain formatter
whose format does not name it gets it appended: ` request_id=...`. Formatters of other kinds are left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from fastdiag.instrument.context import request_id
from fastdiag.instrument.patching import Method, wrap

ATTRIBUTE: Final = "request_id"
NONE: Final = "-"
_PLAIN: Final = frozenset(
    {"logging.Formatter", "uvicorn.logging.DefaultFormatter", "uvicorn.logging.AccessFormatter"}
)
_SHOWN: Final = ("request_id", "correlation_id", "trace_id", "otelTraceID")
_MARK: Final = "_fastdiag_shows_ids"


def mark_records() -> None:
    """Give every record from now on the attribute.

    After it is made, not in a record factory: a record that has it already would refuse the application's own
    `extra={"request_id": ...}`.
    """
    wrap(logging.Logger, "makeRecord", _marked)


def _marked(original: Method) -> Method:
    def make_record(*args: object, **kwargs: object) -> logging.LogRecord:
        record: logging.LogRecord = original(*args, **kwargs)
        if ATTRIBUTE not in record.__dict__:
            record.__dict__[ATTRIBUTE] = request_id() or NONE
        return record

    return make_record


def show_in_lines() -> None:
    """Let the plain formatters that are in use show the id; to be called again when there may be new ones."""
    for formatter in _formatters():
        kind = f"{type(formatter).__module__}.{type(formatter).__qualname__}"
        if kind in _PLAIN and not hasattr(formatter, _MARK) and not _shows(formatter):
            setattr(formatter, _MARK, True)
            formatter.formatMessage = _appended(formatter.formatMessage)  # type: ignore[method-assign] # of this one


def _formatters() -> Iterator[logging.Formatter]:
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        if isinstance(logger, logging.Logger):
            for handler in logger.handlers:
                if handler.formatter is None:
                    handler.setFormatter(logging.Formatter())  # what a handler without one uses anyway
                if handler.formatter is not None:
                    yield handler.formatter


def _shows(formatter: logging.Formatter) -> bool:
    return any(name in (formatter._fmt or "") for name in _SHOWN)  # noqa: SLF001 - nothing public tells the format


def _appended(original: Method) -> Method:
    def format_message(record: logging.LogRecord) -> str:
        line: str = original(record)
        shown = getattr(record, ATTRIBUTE, NONE)
        if shown == NONE:
            return line
        first, feed, others = line.partition("\n")
        return f"{first} {ATTRIBUTE}={shown}{feed}{others}"

    return format_message
