"""Regular expressions of profiles: only those that cannot take long."""

import math
import re
from typing import Any

try:
    from re import _parser as parser
except ImportError:  # Python 3.10
    import sre_parse as parser  # type: ignore[no-redef]

MAX_REPEATS = 3
#: Ways to read an id: more take longer than a second.
MAX_WAYS = 100_000_000
#: Characters of the longest id.
LONGEST = 500
_FORBIDDEN = {"GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT"}
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


def regex_problem(pattern: str, replace: str = "") -> str:
    """Return why an expression is not taken, "" if it is.

    Repetitions inside repetitions, choices inside repetitions, back references and
    look-arounds can take longer than anybody waits, and no id needs them. So can many
    repetitions and choices in a row: each multiplies the ways to read an id.
    """
    try:
        compiled = re.compile(pattern)
        compiled.sub(replace, "")
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, IndexError) as error:
        return f"“{pattern[:60]}” is not a regular expression: {error}"
    counts = {"repeats": 0, "ways": 1}
    problem = _look(parsed, False, counts)
    if problem:
        return f"“{pattern[:60]}” {problem}"
    if counts["repeats"] > MAX_REPEATS:
        return f"“{pattern[:60]}” repeats more than {MAX_REPEATS} times without limit"
    # A pattern that is not bound to the beginning is tried at each character.
    is_bound = bool(parsed) and str(parsed[0][1]) == "AT_BEGINNING"
    free = counts["repeats"] + (not is_bound)
    if counts["ways"] * LONGEST**free / math.factorial(free) > MAX_WAYS:
        return (
            f"“{pattern[:60]}” can be read in too many ways: begin it with ^, and take"
            " repetitions and choices out"
        )
    return ""


def _look(parsed: Any, is_inside: bool, counts: dict[str, int]) -> str:
    """Walk an expression's parts; return the first that is forbidden."""
    for code, argument in parsed:
        name = str(code)
        if name in _FORBIDDEN:
            return "uses a back reference or a look-around"
        if is_inside and name == "BRANCH":
            return "has a choice inside a repetition"
        if name == "BRANCH":
            counts["ways"] *= len(argument[1])
        if name in _REPEATS:
            if is_inside:
                return "has a repetition inside a repetition"
            if argument[1] == parser.MAXREPEAT:
                counts["repeats"] += 1
            elif argument[1] > 1000:
                return "repeats more than 1000 times"
            else:
                counts["ways"] *= argument[1] - argument[0] + 1
            problem = _look(argument[2], argument[1] > 1, counts)
        else:
            problem = next(
                (
                    found
                    for part in _parts(name, argument)
                    if (found := _look(part, is_inside, counts))
                ),
                "",
            )
        if problem:
            return problem
    return ""


def _parts(name: str, argument: Any) -> list[Any]:
    if name == "SUBPATTERN":
        return [argument[-1]]
    if name == "BRANCH":
        return list(argument[1])
    return [argument] if name == "ATOMIC_GROUP" else []
