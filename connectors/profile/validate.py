"""Checks connection profiles; every message names line, path, value and remedy."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from ...exceptions import BadProfile
from .defaults import complete
from .lines import Place, read_text
from .meaning import meaning_problems

__all__ = ["check_profile", "complete", "load_profile", "profile_schema"]

_MAX_PROBLEMS = 50
_TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@lru_cache(maxsize=1)
def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of connection profiles."""
    return json.loads(Path(__file__).with_name("schema.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(profile_schema())


def load_profile(text: str, *, allow_http: bool = False) -> dict[str, Any]:
    """Return the profile that a JSON text says, checked but without defaults.

    :raises BadProfile: with one line per problem
    """
    problems = check_profile(text, allow_http=allow_http)
    if problems:
        raise BadProfile(problems)
    return json.loads(text)


def check_profile(
    profile: Mapping[str, Any] | str, *, allow_http: bool = False
) -> list[str]:
    """Return what is wrong with a profile, [] if nothing is.

    ``line 14, pagination.style: “pages” is not one of page, offset, …``; the line is
    only known for JSON text.

    :param allow_http: addresses without TLS are no problem
    """
    lines: dict[Place, int] = {}
    found: list[tuple[Place, str]] = []
    value: Any = profile
    if isinstance(profile, str):
        try:
            value, lines, found = read_text(profile)
        except ValueError as error:
            return [f"The profile is no JSON: {error}"]
    found += _schema_problems(value)
    if not found:
        found += meaning_problems(value, profile_schema(), allow_http)
    unique = dict.fromkeys(found)
    ordered = sorted(unique, key=lambda problem: _line(problem[0], lines) or 0)
    return [_message(place, reason, lines) for place, reason in ordered][:_MAX_PROBLEMS]


def place_text(place: Iterable[str | int]) -> str:
    """Return a place as people write it: ``objects.contact.fields``."""
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "profile"


def _line(place: Place, lines: Mapping[Place, int]) -> int | None:
    """Return the line of a place or of what it would stand in."""
    for end in range(len(place), -1, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return None


def _message(place: Place, reason: str, lines: Mapping[Place, int]) -> str:
    line = _line(place, lines)
    where = f"line {line}, " if line else ""
    return f"{where}{place_text(place)}: {reason}"


def _schema_problems(value: Any) -> Iterator[tuple[Place, str]]:
    try:
        errors = list(_validator().iter_errors(value))
    except RecursionError:
        return [((), "it is nested too deep")]
    return [
        problem
        for error in errors
        for problem in _reasons(_deepest(error), error.absolute_path)
    ]


def _deepest(error: ValidationError) -> ValidationError:
    """Return the branch of a choice that the value comes closest to."""
    if error.validator == "oneOf" and error.context:
        closest = [child for child in error.context if child.validator != "type"]
        return best_match(iter(closest or error.context)) or error
    return error


def _reasons(error: ValidationError, _path: Any) -> list[tuple[Place, str]]:
    place = tuple(error.absolute_path)
    rule, value = error.validator_value, error.instance
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        strange = sorted(key for key in value if key not in known)
        return [((*place, key), _unknown(key, known)) for key in strange]
    if error.validator == "required":
        missing = [key for key in rule if key not in value]
        return [(place, f"“{key}” is missing") for key in missing]
    return [(place, _reason(error, rule, value))]


def _reason(error: ValidationError, rule: Any, value: Any) -> str:
    shown = shown_value(value)
    if error.validator == "enum":
        allowed = ", ".join(str(word) for word in rule)
        return f"{shown} is not one of {allowed}{_guess(value, rule)}"
    if error.validator == "type":
        kinds = [rule] if isinstance(rule, str) else rule
        return f"{shown} is not {' or '.join(_TYPE_WORDS[kind] for kind in kinds)}"
    texts = {
        "minimum": f"{shown} is less than {rule}, the least allowed",
        "maximum": f"{shown} is more than {rule}, the most allowed",
        "exclusiveMinimum": f"{shown} is not more than {rule}",
        "minLength": "the text is empty",
        "maxLength": f"the text is longer than {rule} characters",
        "minItems": "the list is empty",
        "maxItems": f"the list has more than {rule} entries",
        "minProperties": "it is empty",
        "maxProperties": f"it has more than {rule} entries",
        "pattern": f"{shown} does not have the form {rule}",
    }
    return texts.get(error.validator, f"{shown} is not allowed here")


def shown_value(value: Any) -> str:
    """Return a value for a message, cut short."""
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:59] + '…'}”"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _guess(value: Any, words: Iterable[Any]) -> str:
    texts = [word for word in words if isinstance(word, str)]
    close = difflib.get_close_matches(str(value), texts, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _unknown(key: str, known: list[str]) -> str:
    names = ", ".join(known) if len(known) <= 30 else f"{', '.join(known[:30])}, …"
    return f"“{key}” is not known here{_guess(key, known)}; known are {names}"
