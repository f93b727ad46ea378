"""Lists of things, and references to records of more than one object."""

from markupsafe import Markup

from ...tools import converters
from ...tools.fingerprint import fold
from ..keys import clean_id
from .references import ReferenceTransform


def items_of(raw):
    """Return the items of a list cell: a list, its JSON, or separated words."""
    if isinstance(raw, str) and raw.lstrip().startswith(("[", "{")):
        try:
            raw = converters.parse_json(raw)
        except ValueError:
            return converters.split_multi(raw)
    if isinstance(raw, dict):
        return [raw]
    return raw if isinstance(raw, list) else converters.split_multi(raw)


def item_text(item, key):
    """Return what an item says under ``key``; a plain item is the text itself.

    A reference inside an item may be an object: then its id counts.
    """
    value = item.get(key) if isinstance(item, dict) else item
    if isinstance(value, dict):
        value = value.get("id")
    return converters.to_text(value) or ""


def mentions(spec, raw, kind):
    """Return ``[(source object or None, word of the source, id)]`` of a link field.

    :param spec: the preset's field: ``objects`` gives the object for each kind, and
        for lists ``item_kind`` and ``item`` say where kind and id stand
    :param kind: the record's own kind, where it has a field for it
    """
    if spec.get("item_kind"):
        found = [
            (item_text(item, spec["item_kind"]), item_text(item, spec["item"]))
            for item in items_of(raw)
            if isinstance(item, dict)
        ]
    else:
        found = [(converters.to_text(kind) or "", converters.to_text(raw) or "")]
    return [
        (spec["objects"].get(fold(word)), word, text) for word, text in found if text
    ]


class _Part(ReferenceTransform):
    """The references of a link field to records of one object."""

    def __init__(self, link, object_name):
        super().__init__(link.mapper, link.line, {"object": object_name})
        self._link = link

    def _values(self, record):
        for name, _word, text in self._link.mentions(record):
            if name == self.object_name:
                yield text


class LinkTransform:
    """The record that another field, or the item of a list, tells the object of.

    Of several the object counts that the preset names first. Where none of them is
    loaded, the result is ``(None, what the source calls it)``.
    """

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.line = line
        self.spec = spec
        self._kind = mapper.header(spec.get("kind"))
        names = dict.fromkeys(spec["objects"].values())
        self._parts = {
            name: _Part(self, name)
            for name in names
            if mapper.project._object(name).target
        }

    def mentions(self, record):
        """Return what one staged record refers to."""
        payload = self.mapper.payload(record)
        raw = payload.get(self.line.source_field)
        return mentions(self.spec, raw, payload.get(self._kind))

    def prefetch(self, records):
        for part in self._parts.values():
            part.prefetch(records)

    def convert(self, raw, record, vals):
        found = self.mentions(record)
        named = {name for name, _word, _text in found}
        for name, part in self._parts.items():
            if name in named:
                return part.convert(raw, record, vals)
        return ((None, found[0][1]) if found else None), ""


class ListTransform:
    """Several values as one text, without the one that has a field of its own."""

    def __init__(self, mapper, line, spec):
        self._item = spec.get("item", "value")
        self._without = spec.get("without")

    def prefetch(self, records):
        """Nothing to look up."""

    def convert(self, raw, record, vals):
        texts = [item_text(item, self._item) for item in items_of(raw)]
        taken = {fold(vals.get(self._without))} if self._without else set()
        unique = {fold(text): text for text in reversed(texts) if text}
        kept = [text for key, text in reversed(unique.items()) if key not in taken]
        return "; ".join(kept) or None, ""


class ChecklistTransform:
    """A list of things to tick off, as readable lines."""

    def __init__(self, mapper, line, spec):
        self._item = spec.get("item", "text")
        self._done = spec.get("done", "done")

    def prefetch(self, records):
        """Nothing to look up."""

    def convert(self, raw, record, vals):
        lines = Markup()
        for item in items_of(raw):
            is_done = isinstance(item, dict) and item.get(self._done) in (True, "true")
            text = item_text(item, self._item)
            if text:
                lines += Markup("<li>%s %s</li>") % ("☑" if is_done else "☐", text)
        return (Markup("<ul>%s</ul>") % lines if lines else None), ""


class NamesTransform:
    """What the source calls the records that a list refers to, with their labels."""

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.line = line
        self._object = mapper.project._object(spec["object"])
        self._item = spec.get("item", "id")
        self._skip = spec.get("skip")
        self._labels = spec.get("labels")
        self._names = {}

    def prefetch(self, records):
        texts = {
            clean_id(text)
            for record in records
            for item in items_of(
                self.mapper.payload(record).get(self.line.source_field)
            )
            if (text := item_text(item, self._item))
        }
        staged = self.mapper.env["migration.staged.record"].search_fetch(
            [("object_id", "=", self._object.id), ("external_id", "in", list(texts))],
            ["external_id", "name"],
        )
        self._names = {record.external_id: record.name for record in staged}

    def convert(self, raw, record, vals):
        return "; ".join(filter(None, map(self._text, items_of(raw)))) or None, ""

    def _text(self, item):
        labels = []
        if isinstance(item, dict):
            if self._skip and item.get(self._skip) is True:
                return ""
            labels = converters.split_multi(item.get(self._labels))
        text = item_text(item, self._item)
        name = self._names.get(clean_id(text), text)
        return f"{name} ({', '.join(labels)})" if labels and name else name
