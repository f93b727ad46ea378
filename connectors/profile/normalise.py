"""Raw items of a live source to flat records with canonical names."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..base import Problem, RawRecord
from .convert import CONVERTERS
from .custom import CustomReader, Namespaces
from .deleted import DeletedFlag
from .hostile import BadItem, clean_item, excerpt
from .moments import parse_moment, rfc3339, zone
from .paths import Path, Trail, compile_path, is_empty, scalar_text
from .references import IdNormaliser, Reference, id_text, last_segment

DEFAULT_FORMATS = ("rfc3339", "%Y-%m-%d %H:%M:%S")


def corrupt_item(
    object_name: str, reason: str, file: str = "", line: int = 0, key: str = ""
) -> Problem:
    """Return the problem of one item that is set aside with its reason."""
    which = f"id “{excerpt(key)}”" if key else f"position {line}"
    return Problem(
        "corrupt_item",
        f"{object_name} at {which} is set aside: {reason}",
        file,
        line,
        value=excerpt(key),
        object=object_name,
    )


def put(data: dict[str, Any], key: str, value: Any) -> None:
    """Add a value under a key; a taken key becomes ``source.<key>``."""
    name, count = key, 1
    while name in data:
        name = f"source.{key}" if count == 1 else f"source.{key} ({count})"
        count += 1
    data[name] = value


def flatten(
    data: dict[str, Any],
    prefix: str,
    value: Any,
    consumed: frozenset[Trail] | set[Trail] = frozenset(),
    trail: Trail = (),
) -> None:
    """Add a value to a flat record, nested objects as dotted keys."""
    if not isinstance(value, dict) or not value:
        put(data, prefix, value)
        return
    for key, child in value.items():
        place = (*trail, key)
        if place not in consumed:
            flatten(data, f"{prefix}.{key}" if prefix else key, child, consumed, place)


def replace_at(item: Any, trail: Trail, value: Any) -> None:
    """Set the value at an existing place."""
    for key in trail[:-1]:
        item = item[key]
    item[trail[-1]] = value


def _is_movable(trail: Trail) -> bool:
    """Tell whether a value stands in objects only: a list stays whole."""
    return bool(trail) and all(isinstance(key, str) for key in trail)


class _Field:
    """One renamed or converted field of a profile."""

    def __init__(self, name: str, spec: str | Mapping[str, Any]):
        spec = {"at": spec} if isinstance(spec, str) else spec
        self.name = name
        self.path = compile_path(spec.get("at") or name)
        self.is_many = "*" in (spec.get("at") or "")
        self.convert = CONVERTERS.get(spec.get("convert", ""))
        self.values = spec.get("values") or {}

    def read(self, matches: list[tuple[Trail, Any]]) -> Any:
        """Return the value of the field from what its path found."""
        found = [self.translate(value) for _, value in matches]
        if self.is_many:
            return found
        return next((value for value in found if not is_empty(value)), found[0])

    def translate(self, value: Any) -> Any:
        """Return a value with its option label and in its unit."""
        if isinstance(value, list):
            return [self.translate(entry) for entry in value]
        if self.values and not isinstance(value, dict):
            value = self.values.get(scalar_text(value), value)
        return self.convert(value) if self.convert and value is not None else value


class Normaliser:
    """Turns the items of one object into records, as the profile says.

    :param profile: a complete connection profile (see ``validate.complete``)
    :param object_name: the key in its ``objects``
    """

    def __init__(self, profile: Mapping[str, Any], object_name: str):
        self.profile = profile
        self.object_name = object_name
        self.spec = profile.get("objects", {}).get(object_name) or {}
        moments = profile.get("datetime") or {}
        self.formats = tuple(moments.get("formats") or DEFAULT_FORMATS)
        self.naive = zone(moments.get("naive_tz") or "UTC")
        self.namespaces = Namespaces(
            profile.get("namespace") or "", profile.get("namespace_separator") or ":"
        )
        self._read_spec(self.spec)
        self._children: dict[str, Normaliser] = {}

    def _read_spec(self, spec: Mapping[str, Any]) -> None:
        id_at = spec.get("id_at", "id")
        id_paths = [id_at] if isinstance(id_at, str) else id_at
        self.id_paths = [compile_path(path) for path in id_paths if path]
        self.id_normalise = IdNormaliser(spec.get("id_normalise"))
        self.updated_at = self._optional(spec.get("updated_at", "updated_at"))
        flag = spec.get("deleted_at")
        if flag is None:
            delta = self.profile.get("delta") or {}
            flag = (delta.get("deleted") or {}).get("flag_at") or ""
        self.deleted = DeletedFlag(flag)
        self.refs = [
            Reference(name, ref, self._id_normaliser)
            for name, ref in (spec.get("refs") or {}).items()
        ]
        fields = spec.get("fields") or {}
        self.fields = [_Field(name, field) for name, field in fields.items()]
        texts = {field.path.text: field.name for field in self.fields}
        #: Canonical name that the profile itself gives to what the id is made of.
        self.own_id = texts.get(id_paths[0]) if len(id_paths) == 1 else None
        self.unpack = [compile_path(path) for path in spec.get("unpack") or ()]
        self.datetimes = [compile_path(path) for path in spec.get("datetimes") or ()]
        self.namespaced = tuple(spec.get("namespaced") or ())
        custom = spec.get("custom")
        self.custom = (
            CustomReader(custom, self.namespaces, self._known()) if custom else None
        )

    @staticmethod
    def _optional(text: str) -> Path | None:
        return compile_path(text) if text else None

    def _known(self) -> set[str]:
        """Return the top-level keys that are no custom properties."""
        paths = [*self.id_paths, *(ref.path for ref in self.refs), self.deleted.path]
        paths += [self.updated_at, *(field.path for field in self.fields)]
        children = self.spec.get("expand_children") or ()
        paths += [compile_path(child["at"]) for child in children]
        heads = {
            str(steps[0].key)
            for path in paths
            if path
            for steps in path.alternatives
            if steps
        }
        return heads | set(self.spec.get("known") or ())

    def _id_normaliser(self, object_name: str) -> IdNormaliser:
        target = self.profile.get("objects", {}).get(object_name) or {}
        return IdNormaliser(target.get("id_normalise"))

    def key_of(self, item: Any) -> str:
        """Return the id of a raw item, "" where it has none that can be read."""
        try:
            return self._external_id(item)
        except BadItem:
            return ""

    def moment_of(self, item: Any) -> datetime | None:
        """Return when a raw item changed (aware), None if it does not say."""
        value = self.updated_at.first(item) if self.updated_at else None
        return parse_moment(value, self.formats, self.naive)

    def records(
        self, item: Any, file: str, line: int, extra: Mapping[str, Any] | None = None
    ) -> list[RawRecord | Problem]:
        """Return the record of an item and those of its children, or why there is none.

        :param extra: values for canonical names that the item itself does not have,
            for example the argument that its list was asked with
        """
        try:
            return self._records(clean_item(item), file, line, extra or {})
        except BadItem as bad:
            key = self.key_of(item) if isinstance(item, dict) else ""
            return [corrupt_item(self.object_name, f"{bad}", file, line, key)]

    def _records(
        self, item: dict[str, Any], file: str, line: int, extra: Mapping[str, Any]
    ) -> list[RawRecord | Problem]:
        key = self._external_id(item)
        if self.id_paths and not key:
            places = " + ".join(path.text for path in self.id_paths)
            raise BadItem(f"it has no id at “{places}”")
        updated_at = self.moment_of(item)
        is_deleted = self.deleted.read(item)
        consumed: set[Trail] = set()
        data: dict[str, Any] = {}
        children = self._take_children(item, consumed)
        self._place_id(item, key, data, consumed)
        self._place_refs(item, data, consumed)
        self._place_fields(item, data, consumed)
        self._place_custom(item, data, consumed)
        self._place_unpacked(item, data, consumed)
        if item:
            flatten(data, "", item, consumed)
        self._finish(data, extra)
        record = RawRecord(
            self.object_name, data, file, line, key, updated_at, is_deleted
        )
        return [record, *self._child_records(children, key, file, line)]

    def _external_id(self, item: Any) -> str:
        parts = [id_text(path.first(item)) for path in self.id_paths]
        if self.spec.get("id_from_url"):
            parts = [last_segment(part) for part in parts]
        if not parts or not all(parts):
            return ""
        return self.id_normalise("/".join(parts))

    def _place_id(self, item, key, data, consumed) -> None:
        """Set the canonical id; an `id` that it is not made of becomes `source.id`."""
        if len(self.id_paths) != 1:
            return
        (path,) = self.id_paths
        found = path.matches(item)[:1]
        if found and _is_movable(found[0][0]) and self.own_id != "id":
            replace_at(item, found[0][0], key)
        if self.own_id is None:
            data["id"] = key
            if found and found[0][0] == ("id",):
                consumed.add(("id",))

    def _place_refs(self, item, data, consumed) -> None:
        for ref in self.refs:
            matches = ref.path.matches(item)
            if ref.in_place:
                for trail, value in matches:
                    if trail:
                        replace_at(item, trail, ref.read_id(value, item))
            elif matches:
                trail, value = matches[0]
                leaves = ref.read(value, item)
                put(data, ref.name, leaves.pop(""))
                for leaf, child in leaves.items():
                    flatten(data, f"{ref.name}.{leaf}", child)
                if _is_movable(trail):
                    consumed.add(trail)

    def _place_fields(self, item, data, consumed) -> None:
        for field in self.fields:
            matches = field.path.matches(item)
            if matches:
                flatten(data, field.name, field.read(matches))
                consumed.update(trail for trail, _ in matches if _is_movable(trail))

    def _place_unpacked(self, item, data, consumed) -> None:
        """Give the fields of an object inside the record to the record itself."""
        for path in self.unpack:
            for trail, value in path.matches(item):
                if _is_movable(trail) and isinstance(value, dict) and value:
                    flatten(data, "", value, consumed, trail)
                    consumed.add(trail)

    def _place_custom(self, item, data, consumed) -> None:
        if self.custom is None:
            return
        pairs, rest = self.custom.read(item, consumed)
        for key, value in pairs:
            flatten(data, f"custom.{key}", value)
        for trail, unread in rest.items():
            put(data, ".".join(str(part) for part in trail), unread)

    def _finish(self, data: dict[str, Any], extra: Mapping[str, Any]) -> None:
        """Bring moments and keys of the finished record into one form."""
        for path in self.datetimes:
            if path.text in data:
                data[path.text] = self._moment_text(data[path.text])
                continue
            for trail, value in path.matches(data):
                if trail:
                    replace_at(data, trail, self._moment_text(value))
        for name in self.namespaced:
            if isinstance(data.get(name), str):
                data[name] = self.namespaces.strip(data[name])
        for name, value in extra.items():
            if is_empty(data.get(name)):
                data[name] = value

    def _moment_text(self, value: Any) -> Any:
        """Return a moment as RFC 3339 in UTC, anything else as it is."""
        moment = parse_moment(value, self.formats, self.naive)
        return rfc3339(moment) if moment else value

    def _take_children(self, item, consumed) -> list[tuple[Mapping[str, Any], Any]]:
        taken = []
        for spec in self.spec.get("expand_children") or ():
            for trail, value in compile_path(spec["at"]).matches(item):
                listed = value if isinstance(value, list) else [value]
                taken += [(spec, child) for child in listed if child is not None]
                if _is_movable(trail):
                    consumed.add(trail)
        return taken

    def _child_records(
        self, children: Iterable, key: str, file: str, line: int
    ) -> Iterable[RawRecord | Problem]:
        for spec, child in children:
            name = spec["object"]
            if name not in self._children:
                self._children[name] = Normaliser(self.profile, name)
            parent = spec.get("parent_field") or f"{self.object_name}_id"
            yield from self._children[name].records(child, file, line, {parent: key})
