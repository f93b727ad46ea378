"""Source objects whose records are of several kinds, each with fields of its own."""

import re
from dataclasses import replace

from ...tools.converters import parse_json
from ...tools.fingerprint import fold
from ..keys import clean_id, key_of

#: Kinds of one object; a hostile source could invent more for ever.
KIND_LIMIT = 200


class Kinds:
    """Sorts the records of custom objects and forms by what they are records of.

    A record of the kind ``visit`` of ``custom_object_record`` is staged as one of
    ``custom_object_record:visit``, an object of the project like any other. What
    names no kind stays with the object itself.
    """

    def __init__(self, project):
        self.project = project
        self._labels = {}
        self._known = None

    def place(self, raw):
        """Return a raw record with its kind in its name and its lists taken apart."""
        spec = self.project._preset().spec(raw.object)
        if "split" not in spec:
            return raw
        data = _expanded(raw.data, spec.get("expand", ()))
        names = [data.get(field) for field in spec["split"]["by"]]
        text = next((clean_id(name) for name in names if name), "")
        key = kind_key(text) if spec["split"].get("fold") else text
        name = f"{raw.object}:{key}" if key else raw.object
        if key and not self._is_known(name):
            name = raw.object
        self._labels.setdefault(name, text)
        return replace(raw, object=name, data=data)

    def _is_known(self, name):
        """Return whether records may go there; there is an end to new kinds."""
        if self._known is None:
            self._known = set(self.project.object_ids.mapped("name"))
        base = name.partition(":")[0] + ":"
        if name not in self._known:
            if sum(other.startswith(base) for other in self._known) >= KIND_LIMIT:
                return False
            self._known.add(name)
        return True

    def label(self, name):
        """Return what the source calls a kind, so far as its records tell."""
        return self._labels.get(name) if ":" in name else ""


def kind_key(text):
    """Return the same key for the spellings of one name (``Intake_form.csv``)."""
    return key_of("_".join(re.findall(r"\w+", fold(text).replace("_", " "))))


def _expanded(data, lists):
    """Return a record with its lists of keys and values as fields.

    :param lists: where a list stands (``at``), what its fields begin with
        (``prefix``), and the names of ``key``, ``value`` and ``kind`` in its entries
    """
    for spec in lists:
        entries = _entries(data.get(spec["at"]))
        if entries is None:
            continue
        data = {name: value for name, value in data.items() if name != spec["at"]}
        for entry in entries:
            name = f"{spec['prefix']}{entry.get(spec['key'])}"
            _add(data, name, entry.get(spec["value"]))
            if spec.get("kind"):
                _add(data, f"{name}.{spec['kind']}", entry.get(spec["kind"]))
    return data


def _entries(raw):
    """Return the entries of a list, None for what is not one."""
    if isinstance(raw, str) and raw.lstrip().startswith("["):
        try:
            raw = parse_json(raw)
        except ValueError:
            return None
    is_list = isinstance(raw, list) and all(isinstance(item, dict) for item in raw)
    return raw if is_list else None


def _add(data, name, value):
    """Set a value; a second one of the same name makes a list."""
    known = data.get(name)
    if known in (None, "") or known == value:
        data[name] = value
    elif value not in (None, ""):
        data[name] = [*(known if isinstance(known, list) else [known]), value]
