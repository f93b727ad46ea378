"""The single values of a cell that may hold several: pick-lists and multi-selects."""

from collections.abc import Iterable
from typing import Any

from .converters import parse_json, split_multi, to_text

#: Under which key an option that is an object says its value, the first that is there.
_OPTION_KEYS = ("value", "label", "name", "id")


def choices(value: Any, known: Iterable[str] | None = None) -> list[str] | None:
    """Return the values of a cell in order, each once; None if they are no words.

    A list, its JSON, or text with ``;``, ``|`` or line ends between the values. An
    item of a list is one value, whatever stands in it.

    :param known: values that exist; commas separate only if all parts are among them
    """
    listed = _listed(value)
    if listed is None:
        return None if isinstance(value, dict) else split_multi(value, known)
    words: dict[str, None] = {}
    for item in listed:
        text = _word(item)
        if text is None:
            return None
        if text:
            words.setdefault(text)
    return list(words)


def _listed(value: Any) -> list | None:
    """Return the list that a cell holds, also as JSON or as JSON in a list of one."""
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return _parsed(value[0]) or value
    if isinstance(value, str):
        return _parsed(value)
    return value if isinstance(value, list) else None


def _parsed(text: str) -> list | None:
    """Return the list that is written as JSON, None for any other text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = parse_json(text)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _word(item: Any) -> str | None:
    """Return an item as a word, None for what is none."""
    if isinstance(item, dict):
        item = next((item[key] for key in _OPTION_KEYS if item.get(key)), item)
    if isinstance(item, (dict, list, tuple)):
        return None
    return to_text(item) or ""
