"""Lists of references: links to several records, with the labels of each link."""

from odoo.fields import Command

from ...exceptions import MappingError, NotYetLoaded
from ...tools import converters
from ..keys import clean_id, key_of
from .links import item_text, items_of
from .references import ReferenceTransform

#: Schema kind of the words that links are labelled with.
LABEL_KIND = "association_label"
#: The custom model of these words.
LABEL_MODEL = "x_association_label"
#: What a preset may add to a list of links, with the type of the custom field.
COMPANIONS = {"shown": "text", "kept": "json", "words": "many2many"}


def associations(spec, raw):
    """Return ``{source id: {"labels": [...], "is_primary": bool}}`` of a list field.

    A record that is listed twice is one association with the labels of both.

    :param spec: the preset's field: ``item`` says where the id stands in an entry,
        ``labels`` and ``primary`` where these do
    """
    found = {}
    for item in items_of(raw):
        text = clean_id(item_text(item, spec.get("item", "id")))
        if not text:
            continue
        entry = found.setdefault(text, {"labels": [], "is_primary": False})
        if isinstance(item, dict):
            words = label_words(item.get(spec.get("labels")))
            entry["labels"] += [w for w in words if w not in entry["labels"]]
            if item.get(spec.get("primary")) is True:
                entry["is_primary"] = True
    return found


def label_words(value):
    """Return the labels of one link, without superfluous blanks."""
    return [" ".join(word.split()) for word in converters.split_multi(value)]


def counts_as_link(spec, entry):
    """Return whether an association is one of the list: a parent has its own field."""
    return not (entry["is_primary"] and spec.get("parent"))


class _Listed(ReferenceTransform):
    """The references of one list field."""

    def __init__(self, links, object_name):
        super().__init__(links.mapper, links.line, {"object": object_name})
        self._list = links

    def _values(self, record):
        yield from self._list.of_record(record)


class LinksTransform:
    """Links to the records that a list names, their labels beside them.

    The links themselves are a many2many. Where the preset asks for it, three more
    fields say which label each link has: ``shown`` as text to read, ``kept`` as JSON by
    the source's id, ``words`` as records to filter by. What cannot be linked keeps its
    place in the text and the JSON, and becomes a finding.
    """

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.env = mapper.env
        self.line = line
        self.spec = spec
        self._listed = _Listed(self, spec["object"])
        #: fields that are filled beside the line's own
        self.also = [spec[key]["name"] for key in COMPANIONS if key in spec]

    def of_record(self, record):
        """Return the associations of one staged record."""
        raw = self.mapper.payload(record).get(self.line.source_field)
        return associations(self.spec, raw)

    def prefetch(self, records):
        self._listed.prefetch(records)

    def convert(self, raw, record, vals):
        """Return the command that sets the links; fills the companions in ``vals``."""
        found = associations(self.spec, raw)
        for text, entry in found.items():
            entry["name"] = self._listed.name_of(text) or text
            entry["id"] = self._link(text)
        self._mark_parent(found, vals)
        linked = {
            entry["id"]
            for entry in found.values()
            if entry["id"] and counts_as_link(self.spec, entry)
        }
        self._companions(found, vals)
        return [Command.set(sorted(linked))] if linked else None, ""

    def _mark_parent(self, found, vals):
        """The record that has a field of its own is not one of the others."""
        parent = self.spec.get("parent")
        if not parent:
            return
        primary = next((e["id"] for e in found.values() if e["is_primary"]), None)
        if primary:
            vals.setdefault(parent, primary)
        for entry in found.values():
            if entry["id"] and entry["id"] == vals.get(parent):
                entry["is_primary"] = True

    def _link(self, text):
        """Return the id of the record, or None with a note of what is missing."""
        try:
            link = self._listed.link_of(text)
            problem = "" if link else self._listed.unknown(text)
        except NotYetLoaded as error:
            link, problem = None, str(error)
            if self.mapper.can_wait:
                self.mapper.note(self.line, text, "late", problem)
                return None
        except MappingError as error:
            link, problem = None, str(error)
        if link and link[0] != self.spec["relation"]:
            model = self.env[link[0]]._description
            problem = self.env._("“%s” became something else in Odoo: ", text) + model
        if problem:
            is_kept = "kept" in self.spec
            kind = "unlinked" if is_kept else "unreadable"
            self.mapper.note(self.line, text, kind, problem)
            return None
        return link[1]

    def _companions(self, found, vals):
        names = {key: self.spec[key]["name"] for key in COMPANIONS if key in self.spec}
        if "shown" in names:
            lines = [
                _shown(entry)
                for entry in found.values()
                if counts_as_link(self.spec, entry)
            ]
            is_short = self.spec["shown"].get("custom") == "char"
            vals[names["shown"]] = ("; " if is_short else "\n").join(lines) or None
        if "kept" in names:
            vals[names["kept"]] = {
                text: {
                    "id": entry["id"] or None,
                    "name": entry["name"],
                    "labels": entry["labels"],
                    "is_primary": entry["is_primary"],
                }
                for text, entry in found.items()
            }
        if "words" in names:
            words = {key_of(word) for e in found.values() for word in e["labels"]}
            ids = {self.mapper.schema_id(LABEL_KIND, word) for word in words} - {None}
            vals[names["words"]] = [Command.set(sorted(ids))]


def _shown(entry):
    labels = ", ".join(entry["labels"])
    return f"{entry['name']} ({labels})" if labels else entry["name"]
