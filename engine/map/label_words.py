"""The words by which a source labels its links, and the model that holds them."""

from odoo.tools import SQL

from ...tools import converters
from ..keys import key_of
from .associations import LABEL_MODEL, associations, label_words

#: Virtual fields of targets that hold a label of their own.
ROLE_FIELDS = {"membership": "_role"}


def model_vals(env):
    """Return the schema plan's description of the label model."""
    return {
        "model": LABEL_MODEL,
        "label": env._("Association Label"),
        "order": "x_name, id",
        "fields": [
            {"name": "x_name", "ttype": "char", "label": env._("Label")},
            {"name": "x_inverse", "ttype": "char", "label": env._("Inverse Label")},
            {"name": "x_usage", "ttype": "char", "label": env._("Links")},
        ],
        "access": [["base.group_user", "r"], ["sales_team.group_sale_manager", "rwcd"]],
    }


def labelled(objects, lines):
    """Return whether a field that is planned refers to the label model."""
    if set(objects.mapped("target")) & set(ROLE_FIELDS):
        return True
    for line in lines:
        if line.transform == "links":
            spec = line.object_id._spec()["fields"].get(line.canonical_field, {})
            if "words" in spec:
                return True
    return False


class LabelWords:
    """Collects the labels that records bear and those that the source defines."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.words = {}

    def collect(self, lines):
        """Return ``{key: {"name", "count", "inverse", "usage"}}``.

        :param lines: the map's lines whose values go to Odoo
        """
        for line in lines:
            obj = line.object_id
            if line.transform == "links":
                spec = obj._spec()["fields"].get(line.canonical_field, {})
                if "words" in spec:
                    self._of_links(line, spec)
            elif ROLE_FIELDS.get(obj.target) == line.target_field:
                self._of_field(line)
        for obj in self.project.object_ids:
            if obj.target == "label":
                self._defined(obj, lines)
        return self.words

    def _add(self, text, count):
        for word in label_words(text):
            entry = {"name": word, "count": 0, "inverse": [], "usage": []}
            entry = self.words.setdefault(key_of(word), entry)
            entry["count"] += count

    def _of_links(self, line, spec):
        """Labels inside lists: counted by PostgreSQL, read here where they are text."""
        values = SQL(
            "SELECT payload -> %s AS cell FROM migration_staged_record"
            " WHERE object_id = %s AND state <> 'excluded'",
            line.source_field,
            line.object_id.id,
        )
        for words, count in self.env.execute_query(
            SQL(
                "SELECT item -> %s AS words, count(*) FROM (%s) AS list,"
                " LATERAL jsonb_array_elements(CASE jsonb_typeof(cell)"
                " WHEN 'array' THEN cell ELSE '[]'::jsonb END) AS item"
                " WHERE jsonb_typeof(item) = 'object' GROUP BY 1 ORDER BY 2 DESC",
                spec.get("labels"),
                values,
            )
        ):
            self._add(words, count)
        for cell, count in self.env.execute_query(
            SQL(
                "SELECT cell, count(*) FROM (%s) AS list"
                " WHERE jsonb_typeof(cell) = 'string' GROUP BY cell",
                values,
            )
        ):
            for entry in associations(spec, cell).values():
                self._add(entry["labels"], count)

    def _of_field(self, line):
        for text, count in self.env.execute_query(
            SQL(
                "SELECT payload ->> %(name)s, count(*) FROM migration_staged_record"
                " WHERE object_id = %(object)s AND payload ->> %(name)s <> ''"
                " GROUP BY 1",
                name=line.source_field,
                object=line.object_id.id,
            )
        ):
            self._add([text], count)

    def _defined(self, obj, lines):
        """Labels that the source defines, whether or not a record bears them."""
        headers = {
            line.target_field: line.source_field
            for line in lines
            if line.object_id == obj
        }
        names = ("_label", "_inverse", "_from", "_to")
        for record in obj.staged_record_ids:
            payload = record.payload
            label, inverse, start, end = (
                converters.to_text(payload.get(headers.get(name))) for name in names
            )
            if not label:
                continue
            self._add([label], 0)
            usage = " → ".join(filter(None, (start, end)))
            for word in label_words(label):
                entry = self.words[key_of(word)]
                # as the source itself writes it, whatever its records do
                entry["name"] = word
                for place, text in (("inverse", inverse), ("usage", usage)):
                    if text and text not in entry[place]:
                        entry[place].append(text)
