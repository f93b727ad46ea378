"""Custom properties: six containers, one list of keys and values."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .paths import Trail, compile_path, is_empty, scalar_text

#: Leaves of a list entry that describe the property, not the record.
METADATA = ("id", "type", "label", "name", "key", "token", "typeId", "module_name")
_NAMESPACE = re.compile(r"[\w-]{1,64}", re.ASCII)
_TITLE = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,11})\.\d{1,6}", re.ASCII)
_NUMBER_TYPES = {"number", "integer", "int", "decimal", "float"}
_MULTI_TYPES = {"multi", "multi_enum", "multi_select", "multiselect"}
_BOOLEAN_TYPES = {"boolean", "bool", "checkbox"}

Pairs = list[tuple[str, Any]]


def slug(text: str) -> str:
    """Return ``Sq Ft`` as ``sq_ft``; what is more than words stays as it is."""
    return text.lower().replace(" ", "_") if _TITLE.fullmatch(text) else text


def typed_value(value: Any, kind: Any) -> Any:
    """Return text as what its type says: number, truth value, list of ``a;b``.

    Text that is not exactly that stays text.
    """
    if not isinstance(value, str) or not isinstance(kind, str):
        return value
    kind, text = kind.casefold(), value.strip()
    if kind in _NUMBER_TYPES:
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _DECIMAL.fullmatch(text) else value
    if kind in _MULTI_TYPES:
        return [part.strip() for part in text.split(";") if part.strip()]
    if kind in _BOOLEAN_TYPES and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return value


class Namespaces:
    """Strips ``crm:`` from ``crm:priority`` where the profile names the space."""

    def __init__(self, names: str | Iterable[str] = "", separator: str = ":"):
        listed = [names] if isinstance(names, str) else list(names)
        self.names = {name.strip() for name in listed if name.strip()}
        self.separator = separator or ":"

    def strip(self, key: str) -> str:
        """Return a key without its namespace; ``*`` stands for any namespace."""
        head, found, rest = key.partition(self.separator)
        if not self.names or not found or not rest:
            return key
        if head in self.names or ("*" in self.names and _NAMESPACE.fullmatch(head)):
            return rest
        return key

    def strip_all(self, pairs: Pairs) -> Pairs:
        """Return pairs with short keys; keys that would meet another stay whole."""
        if not self.names:
            return pairs
        short = [self.strip(key) for key, _ in pairs]
        counts = Counter(short)
        return [
            (stripped if counts[stripped] == 1 else key, value)
            for stripped, (key, value) in zip(short, pairs, strict=True)
        ]


class CustomReader:
    """Reads the custom properties of one object as its profile says."""

    def __init__(
        self, spec: Mapping[str, Any], namespaces: Namespaces, known: Iterable[str] = ()
    ):
        self.spec = spec
        self.style = spec.get("style", "")
        self.at = compile_path(spec.get("at", ""))
        self.namespaces = namespaces
        self.known = frozenset(known)
        self.key = compile_path(spec.get("key") or "key")
        self.value = compile_path(spec.get("value") or "value")
        self.type = compile_path(spec["type"]) if spec.get("type") else None
        used = [self.key, self.value, *([self.type] if self.type else [])]
        heads = {steps[0].key for path in used for steps in path.alternatives if steps}
        metadata = spec.get("metadata", METADATA)
        self.known_leaves = frozenset({*heads, *metadata, self._options_at})

    def read(
        self, item: dict[str, Any], consumed: set[Trail]
    ) -> tuple[Pairs, dict[Trail, Any]]:
        """Return keys and values; what was read or taken apart joins `consumed`.

        The second part is what of a container could not be read, by its place.
        """
        pairs: Pairs = []
        rest: dict[Trail, Any] = {}
        for trail, container in self.at.matches(item):
            if self.style in ("list", "sections"):
                self._read_entries(trail, container, pairs, rest, consumed)
            elif isinstance(container, dict):
                self._read_keys(trail, container, pairs, consumed)
        pairs = self.namespaces.strip_all(_joined(pairs))
        if self.spec.get("slug"):
            pairs = _joined([(self._slug(key), value) for key, value in pairs])
        return pairs, rest

    def _slug(self, key: str) -> str:
        """Return a key with each of its parts as a slug: ``billing:Unit Tier``."""
        separator = self.namespaces.separator
        parts = [part.split(separator) for part in key.split(".")]
        return ".".join(separator.join(map(slug, part)) for part in parts)

    def _read_keys(
        self, trail: Trail, container: dict, pairs: Pairs, consumed: set[Trail]
    ) -> None:
        """Take the keys of an object that the style calls custom."""
        for name, value in container.items():
            place = (*trail, name)
            key = self._custom_key(name)
            if key is not None and place not in consumed:
                pairs.append((key, value))
                consumed.add(place)
        if trail and all((*trail, name) in consumed for name in container):
            consumed.add(trail)

    def _custom_key(self, name: str) -> str | None:
        """Return the key of a property, None where the name is a standard field."""
        if self.style == "suffix":
            end = self.spec.get("suffix") or "__c"
            fits = name.endswith(end) and len(name) > len(end)
            return name[: -len(end)] if fits else None
        if self.style == "prefix":
            start = self.spec.get("prefix") or "cf_"
            fits = name.startswith(start) and len(name) > len(start)
            return name[len(start) :] if fits else None
        if self.style == "remaining":
            return None if name in self.known else name
        return name

    def _read_entries(self, trail, container, pairs, rest, consumed) -> None:
        """Take the entries of a list, or of the lists inside its sections."""
        if isinstance(container, dict):
            container = list(container.values())
        if not isinstance(container, list):
            return
        consumed.add(trail)
        unread = []
        for entry in self._entries(container):
            name = self.key.first(entry) if isinstance(entry, dict) else None
            if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
                unread.append(entry)
                continue
            key = scalar_text(name)
            kind = self.type.first(entry) if self.type else None
            pairs.append((key, typed_value(self._value(entry), kind)))
            pairs.extend(
                (f"{key}.{leaf}", value)
                for leaf, value in entry.items()
                if leaf not in self.known_leaves
            )
        if unread:
            rest[trail] = unread

    @property
    def _options_at(self) -> str:
        is_sections = self.style == "sections"
        return self.spec.get("options_at") or ("options" if is_sections else "")

    def _entries(self, container: list) -> Iterable[Any]:
        if self.style == "list":
            return container
        inner = self.spec.get("fields_at") or "fields"
        entries = []
        for section in container:
            fields = section.get(inner) if isinstance(section, dict) else None
            entries.extend(fields if isinstance(fields, list) else [section])
        return entries

    def _value(self, entry: dict) -> Any:
        value = self.value.first(entry)
        options = entry.get(self._options_at) if is_empty(value) else None
        if not isinstance(options, list):
            return value
        words = ("value", "name", "label")
        return [
            next((option[word] for word in words if not is_empty(option.get(word))), "")
            for option in options
            if isinstance(option, dict) and option.get("selected") is True
        ]


def _joined(pairs: Pairs) -> Pairs:
    """Return pairs with the values of a repeated key as one list."""
    joined: dict[str, list] = {}
    for key, value in pairs:
        joined.setdefault(key, []).append(value)
    return [
        (key, values[0] if len(values) == 1 else values)
        for key, values in joined.items()
    ]
