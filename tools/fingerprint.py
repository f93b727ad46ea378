"""Stable hashes and comparison keys; none of them may change between releases."""

import hashlib
import json
import re
import unicodedata
from typing import Any

_HEADER_NOISE = re.compile(r"[*:()_.\-\ufeff\u200b]")
_PART_SEPARATOR = "\x1f"


def _canonical(value: Any) -> Any:
    """Return `value` with all text in NFC and everything else JSON-ready."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_canonical(str(key)): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_canonical(item) for item in value), key=str)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def content_hash(data: dict[str, Any]) -> str:
    """Return the sha256 of `data`, whatever its key order and unicode form."""
    text = json.dumps(
        _canonical(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def fold(text: Any) -> str:
    """Return the key under which two spellings of one name are equal."""
    if text is None:
        return ""
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def normalise_header(text: Any) -> str:
    """Return a column header without case, decoration and double blanks."""
    if text is None:
        return ""
    plain = unicodedata.normalize("NFKC", str(text)).lower()
    return " ".join(_HEADER_NOISE.sub(" ", plain).split())


def derived_id(*parts: Any) -> str:
    """Return an id for a row without one, from parts that identify it."""
    key = _PART_SEPARATOR.join(fold(part) for part in parts)
    return hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
