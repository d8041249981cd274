"""An output that the service would not keep as it is becomes a file of the run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container
from decimal import Decimal
from typing import Any

from .._values import to_json

_MOST_BYTES = 64 * 1024
#: The service takes 32 levels, of which the body around an output is one.
_MOST_DEPTH = 31
#: As JSON writes it. Where a text itself has `\u`, JSON writes two backslashes.
_ZERO_BYTE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def why_not_kept(output: Any) -> str | None:
    """Why the service would refuse an output; None when it would not.

    Raises:
        ValueError, TypeError: It is no JSON.
    """
    json = to_json(output)
    if len(json) > _MOST_BYTES:
        return f"it has {len(json)} bytes, and the output of a run at most {_MOST_BYTES}"
    if _ZERO_BYTE.search(json):
        return "a text in it has a zero byte"
    return _fault_in(output, _MOST_DEPTH)


def free_name(taken: Container[str]) -> str:
    """The name of the file of an output: `output.json`, or `output-1.json` and so on when that is taken."""
    names = (f"output-{number}.json" if number else "output.json" for number in itertools.count())
    return next(name for name in names if name not in taken)


def _fault_in(value: Any, levels: int) -> str | None:
    if isinstance(value, int) and not _stays_same(value):
        return f"the number {value} would be rounded. Whole numbers are exact up to 9007199254740991: write it as a text"
    if not isinstance(value, dict | list | tuple):
        return None
    if levels == 0:
        return f"it is nested more than {_MOST_DEPTH} levels deep"
    items = value.values() if isinstance(value, dict) else value
    return next((fault for item in items if (fault := _fault_in(item, levels - 1)) is not None), None)


def _stays_same(number: int) -> bool:
    """Whether JavaScript, which reads it as a double, writes it with the same digits.

    `repr` writes a double with the same digits as JavaScript. The service refuses other numbers: src/http/json/changed-numbers.ts,
    with the same table of cases in the tests.
    """
    try:
        return Decimal(repr(float(number))) == number
    except OverflowError:
        return False
