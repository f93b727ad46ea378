"""One item of a source as clean JSON, or the reason why it cannot be kept."""

import math
from decimal import Decimal
from typing import Any

MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_KEY = 1000
MAX_INTEGER_BITS = 1024
_EXCERPT = 60


class BadItem(ValueError):
    """An item cannot be kept; the message is the reason, without the item."""


def excerpt(text: str) -> str:
    """Return the beginning of a text in a form that any screen and file can take."""
    short = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"
    return "".join(char if char.isprintable() else "�" for char in short)


def _clean_text(text: str, place: str) -> str:
    if "\0" in text:
        raise BadItem(f"{place} has a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadItem(f"{place} has half a character (lone surrogate)") from error
    return text


def _clean_number(value: int | float | Decimal, place: str) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise BadItem(f"{place} is a number with hundreds of digits")
        return value
    if not math.isfinite(value):
        raise BadItem(f"{place} is not a finite number")
    return float(value)


class _Copier:
    """Copies one item; counts what it has seen."""

    def __init__(self):
        self.nodes = 0

    def copy(self, value: Any, place: str, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BadItem(f"it has more than {MAX_NODES} values")
        if isinstance(value, str):
            return _clean_text(value, place)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float, Decimal)):
            return _clean_number(value, place)
        if depth >= MAX_DEPTH:
            raise BadItem(f"it is nested more than {MAX_DEPTH} levels deep")
        if isinstance(value, dict):
            return self.copy_object(value, place, depth)
        if isinstance(value, (list, tuple)):
            return [self.copy(item, place, depth + 1) for item in value]
        raise BadItem(f"{place} is of type {type(value).__name__}, not JSON")

    def copy_object(self, value: dict, place: str, depth: int) -> dict[str, Any]:
        copied = {}
        for key, child in value.items():
            if not isinstance(key, str):
                raise BadItem(f"{place} has a key that is not text")
            if len(key) > MAX_KEY:
                raise BadItem(
                    f"the key “{excerpt(key)}” has more than {MAX_KEY} characters"
                )
            _clean_text(key, f"the key “{excerpt(key)}”")
            copied[key] = self.copy(child, f"“{excerpt(key)}”", depth + 1)
        return copied


def clean_item(item: Any) -> dict[str, Any]:
    """Return a copy of an item that is JSON and that a database can store.

    :raises BadItem: not an object, nested too deep, NaN, NUL, lone surrogates, keys
        that are no text or longer than MAX_KEY, more than MAX_NODES values
    """
    if not isinstance(item, dict):
        kind = {None: "null"}.get(item) if item is None else type(item).__name__
        raise BadItem(f"it is not an object but {kind}")
    return _Copier().copy(item, "it", 0)
