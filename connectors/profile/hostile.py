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


def _place(key: str | None) -> str:
    return "it" if key is None else f"“{excerpt(key)}”"


def _check_text(text: str, key: str | None) -> None:
    if "\0" in text:
        raise BadItem(f"{_place(key)} has a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadItem(
                f"{_place(key)} has half a character (lone surrogate)"
            ) from error


def _clean_number(value: int | float | Decimal, key: str | None) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise BadItem(f"{_place(key)} is a number with hundreds of digits")
        return value
    if not math.isfinite(value):
        raise BadItem(f"{_place(key)} is not a finite number")
    return float(value)


class _Copier:
    """Copies one item; counts what it has seen. Keys are only for messages."""

    def __init__(self):
        self.nodes = 0

    def copy(self, value: Any, key: str | None, depth: int) -> Any:
        self.nodes += 1
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            _check_text(value, key)
            return value
        if isinstance(value, (int, float, Decimal)):
            return _clean_number(value, key)
        if self.nodes > MAX_NODES:
            raise BadItem(f"it has more than {MAX_NODES} values")
        if depth >= MAX_DEPTH:
            raise BadItem(f"it is nested more than {MAX_DEPTH} levels deep")
        if isinstance(value, dict):
            return self.copy_object(value, key, depth)
        if isinstance(value, (list, tuple)):
            if self.nodes + len(value) > MAX_NODES:
                raise BadItem(f"it has more than {MAX_NODES} values")
            return [self.copy(item, key, depth + 1) for item in value]
        raise BadItem(f"{_place(key)} is of type {type(value).__name__}, not JSON")

    def copy_object(self, value: dict, key: str | None, depth: int) -> dict[str, Any]:
        copied = {}
        for name, child in value.items():
            if not isinstance(name, str):
                raise BadItem(f"{_place(key)} has a key that is not text")
            if len(name) > MAX_KEY:
                raise BadItem(
                    f"the key “{excerpt(name)}” has more than {MAX_KEY} characters"
                )
            _check_text(name, name)
            copied[name] = self.copy(child, name, depth + 1)
        return copied


def clean_item(item: Any) -> dict[str, Any]:
    """Return a copy of an item that is JSON and that a database can store.

    :raises BadItem: not an object, nested too deep, NaN, NUL, lone surrogates, keys
        that are no text or longer than MAX_KEY, more than MAX_NODES values
    """
    if not isinstance(item, dict):
        kind = {None: "null"}.get(item) if item is None else type(item).__name__
        raise BadItem(f"it is not an object but {kind}")
    return _Copier().copy(item, None, 0)
