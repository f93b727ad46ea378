"""What a source's records look like and where they go: one JSON file a source.

A preset lists the source's objects in load order. Per object: the names its file or
table may have, the fields that identify a record, and for each known field the names
it goes by, its Odoo field, how the value is read, and why. See ``README.rst``.
"""

import dataclasses
import functools
import json
from pathlib import Path

from ..tools.fingerprint import normalise_header

_FOLDER = Path(__file__).parent


def base_name(name):
    """Return the source's own name of an object that is one kind of its records."""
    return (name or "").partition(":")[0]


@dataclasses.dataclass(frozen=True)
class Preset:
    """A parsed preset file."""

    key: str
    label: str
    objects: dict
    #: whether members have the tags of their organization at the source
    inherits_tags: bool = False

    _without: dict = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def conditional(self):
        """Return ``{object: spec}`` of those that depend on an app of Odoo."""
        return {name: s for name, s in self.objects.items() if "no_app" in s}

    def spec(self, name, missing=frozenset()):
        """Return what is said of an object; of ``forms:intake`` what of ``forms``.

        :param missing: models of apps that are not installed
        """
        key = (base_name(name), frozenset(missing))
        if key not in self._without:
            self._without[key] = self._spec_without(*key)
        return self._without[key]

    def _spec_without(self, name, missing):
        spec = self.objects.get(name, {})
        if spec.get("no_app", {}).get("model") in missing:
            return without_app(spec)
        changed = {
            name: own | own["no_app"]
            for name, own in spec.get("fields", {}).items()
            if own.get("no_app", {}).get("model") in missing
        }
        return spec | {"fields": spec["fields"] | changed} if changed else spec

    def file_objects(self):
        """Return ``{object: [file stems]}`` for the bundle reader."""
        return {name: spec["files"] for name, spec in self.objects.items()}

    def pivot(self):
        """Return ``{object: how its tables of answers are read}``."""
        return self._specs("pivot")

    def walks(self):
        """Return ``{object: folders read as records where no table lists them}``."""
        return self._specs("walk")

    def _specs(self, key):
        return {n: spec[key] for n, spec in self.objects.items() if key in spec}

    def required(self):
        """Return ``{object: [[header, ...], ...]}``: one header of each group."""
        return {
            name: [
                [alias for field in group for alias in self.aliases(name, field)]
                for group in spec.get("required", [])
            ]
            for name, spec in self.objects.items()
        }

    def aliases(self, name, field):
        """Return all normalised headers that ``field`` of object ``name`` goes by."""
        spec = self.spec(name)["fields"].get(field, {})
        return [normalise_header(text) for text in [field, *spec.get("aliases", [])]]

    def by_header(self, name):
        """Return ``{normalised header: canonical field}`` of object ``name``."""
        fields = self.spec(name).get("fields", {})
        table = {}
        for field in fields:
            for alias in self.aliases(name, field):
                table.setdefault(alias, field)
        return table


def without_app(spec):
    """Return an object's description for a database without the app it goes to.

    ``no_app`` says what is different then. The fields become virtual: they are read
    together, as the values of one text.
    """
    other = spec["no_app"]
    fields = {}
    for name, own in spec["fields"].items():
        fields[name] = own
        if own.get("target"):
            kept = {k: v for k, v in own.items() if k not in ("custom", "rest")}
            fields[name] = kept | {
                "target": virtual_name(own["target"]),
                "reason": other["reason"],
                **own.get("no_app", {}),
            }
    return spec | other | {"fields": fields}


def virtual_name(target):
    """Return ``_location`` for ``x_location``, ``_name`` for ``name``."""
    return f"_{target.removeprefix('x_').lstrip('_')}"


@functools.cache
def load_preset(key):
    """Return the :class:`Preset` stored as ``<key>.json``."""
    with (_FOLDER / f"{key}.json").open(encoding="utf-8") as stream:
        data = json.load(stream)
    return Preset(
        key=data["key"],
        label=data["label"],
        inherits_tags=data.get("inherits_tags", False),
        objects={spec["name"]: spec for spec in data["objects"]},
    )


def preset_selection():
    """Return ``[(key, label)]`` of every preset that is installed."""
    keys = sorted(path.stem for path in _FOLDER.glob("*.json"))
    return [(key, load_preset(key).label) for key in keys]
