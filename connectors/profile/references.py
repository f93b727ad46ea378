"""Ids and references in the four styles that sources write them."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .hostile import MAX_INTEGER_BITS, BadItem
from .paths import compile_path

MAX_ID = 500
REF_STYLES = ("id", "object", "email", "url")


def id_text(value: Any) -> str:
    """Return an id as text, "" where there is none; BadItem if it cannot be one."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadItem("its id is neither text nor number")
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise BadItem("its id has hundreds of digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadItem("its id is not a finite number")
    is_whole = isinstance(value, float) and value.is_integer()
    text = str(int(value) if is_whole else value).strip()
    if len(text) > MAX_ID:
        raise BadItem(f"its id has more than {MAX_ID} characters")
    return text


def last_segment(url: str) -> str:
    """Return the last part of the path of an address, which is the id there."""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return unquote(path.rstrip("/").rpartition("/")[2])


class IdNormaliser:
    """Rewrites ids, so that two dialects of one source agree on them."""

    def __init__(self, spec: Mapping[str, str] | None = None):
        spec = spec or {}
        self.pattern = re.compile(spec["pattern"]) if spec.get("pattern") else None
        self.replace = spec.get("replace", "")

    def __call__(self, text: str) -> str:
        if self.pattern is None or not text:
            return text
        return self.pattern.sub(self.replace, text, count=1)


class Reference:
    """One reference of an object: where it stands, its style, whose ids it holds."""

    def __init__(
        self,
        name: str,
        spec: Mapping[str, Any],
        normaliser_of: Callable[[str], IdNormaliser],
    ):
        self.name = name
        self.path = compile_path(spec.get("at") or name)
        self.style = spec.get("style", "id")
        self.id_at = compile_path(spec.get("id_at") or "id")
        self.in_place = "*" in name
        self.keep = spec.get("keep")
        self.object_at = spec.get("object_at")
        own = IdNormaliser(spec["id_normalise"]) if spec.get("id_normalise") else None
        self._normalise = own or normaliser_of(spec.get("object", ""))
        self._normaliser_of = normaliser_of

    def read(self, value: Any, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the id under "" and the other leaves of the value by their name.

        A list of references gives a list of ids, and lists of leaves of that length.
        """
        if not isinstance(value, list):
            return self._read_one(value, item)
        entries = [self._read_one(entry, item) for entry in value]
        leaves = {leaf: None for entry in entries for leaf in entry if leaf}
        return {
            "": [entry.get("") for entry in entries],
            **{leaf: [entry.get(leaf) for entry in entries] for leaf in leaves},
        }

    def read_id(self, value: Any, item: Mapping[str, Any]) -> Any:
        """Return only the id."""
        return self.read(value, item)[""]

    def _read_one(self, value: Any, item: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {"": self._key(value, item)}
        trails = {trail[:1] for trail, _ in self.id_at.matches(value)}
        key = self._key(self.id_at.first(value), item)
        leaves = {
            leaf: child
            for leaf, child in value.items()
            if (leaf,) not in trails and (self.keep is None or leaf in self.keep)
        }
        return {"": key, **leaves}

    def _key(self, value: Any, item: Mapping[str, Any]) -> Any:
        if value is None or isinstance(value, (bool, list, dict)):
            return value if isinstance(value, (list, dict)) else None
        text = id_text(value)
        if self.style == "url":
            text = last_segment(text)
        if self.style == "email":
            return text or None
        normalise = self._normalise
        if self.object_at:
            target = compile_path(self.object_at).first(item)
            normalise = self._normaliser_of(target if isinstance(target, str) else "")
        return normalise(text) or None
