"""References between source records: by id, by unique name, by e-mail."""

from ...exceptions import MappingError, NotYetLoaded, StillWaiting
from ...tools import converters
from ..keys import clean_id, key_of


def named(values):
    """Return the domain of staged records that ``values`` may mean."""
    return [
        "|",
        "|",
        ("external_id", "in", [clean_id(text) for text in values]),
        ("name_key", "in", [key_of(text) for text in values]),
        ("email_key", "in", [text.lower() for text in values]),
    ]


class ReferenceTransform:
    """Find the Odoo record of another source record, in two queries a batch.

    A value is tried as the external id, then as a name, then as an e-mail. A name
    that two records share is refused, never guessed.
    """

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.env = mapper.env
        self.line = line
        self.object_name = spec.get("object")
        self.alternatives = [
            header
            for field in spec.get("alternatives", [])
            if (header := mapper.header(field))
        ]
        self._found = {}

    def _values(self, record):
        payload = self.mapper.payload(record)
        for header in [self.line.source_field, *self.alternatives]:
            text = converters.to_text(payload.get(header))
            if text:
                yield text

    def prefetch(self, records):
        """Look up all values of ``records`` among the staged rows and the crosswalk."""
        values = {text for record in records for text in self._values(record)}
        self._found = {}
        obj = self.mapper.project._object(self.object_name)
        if not values or not obj:
            return
        staged = self.env["migration.staged.record"].search_fetch(
            [("object_id", "=", obj.id), *named(values)],
            ["external_id", "name_key", "email_key", "state", "reason", "reason_code"],
        )
        links = self._links(staged)
        indexes = {"id": {}, "name": {}, "email": {}}
        for record in staged:
            if record.reason_code in ("duplicate_id", "repeated"):
                continue
            indexes["id"].setdefault(record.external_id, []).append(record)
            indexes["name"].setdefault(record.name_key, []).append(record)
            indexes["email"].setdefault(record.email_key, []).append(record)
        for text in values:
            self._found[text] = self._match(text, indexes, links)

    def _links(self, staged):
        """Return ``{staged id: (model, id)}``; id 0 stands for a record since gone."""
        rows = self.env["migration.crosswalk"].search_fetch(
            [("staged_record_id", "in", staged.ids)],
            ["staged_record_id", "res_model", "res_id"],
        )
        links = {}
        for model, group in rows.grouped("res_model").items():
            alive = set(self.env[model].browse(group.mapped("res_id")).exists().ids)
            for row in group:
                res_id = row.res_id if row.res_id in alive else 0
                links[row.staged_record_id.id] = (model, res_id)
        return links

    def _match(self, text, indexes, links):
        """Return ``(link or None, staged records)`` for one value."""
        for kind, key in (
            ("id", clean_id(text)),
            ("name", key_of(text)),
            ("email", text.lower()),
        ):
            records = indexes[kind].get(key)
            if records:
                link = links.get(records[0].id) if len(records) == 1 else None
                return link, records
        return None, []

    def convert(self, raw, record, vals):
        """Return ``((model, id), "")`` or raise with what a person has to repair."""
        texts = list(self._values(record))
        if not texts:
            return None, ""
        for text in texts:
            link = self.link_of(text)
            if link:
                return self._result(link), ""
        raise MappingError(self.unknown(texts[0]))

    def link_of(self, text):
        """Return ``(model, id)`` of a value, None where the source has no such record.

        :raise MappingError: when there is one, but nothing to link to
        """
        link, records = self._found.get(text, (None, []))
        if link and link[1]:
            return link
        if link:
            raise MappingError(
                self.env._(
                    "“%(value)s” of “%(object)s” was deleted in Odoo.",
                    object=self._label(),
                    value=text,
                )
            )
        if len(records) > 1:
            raise MappingError(
                self.env._(
                    "%(count)s records of “%(object)s” are called “%(value)s”: "
                    "use the id.",
                    count=len(records),
                    object=self._label(),
                    value=text,
                )
            )
        if records:
            raise self._kind_of(records[0])(
                self.env._(
                    "“%(value)s” of “%(object)s” has not been loaded: %(reason)s",
                    object=self._label(),
                    value=text,
                    reason=records[0].reason or self.env._("it is not loaded yet"),
                )
            )
        return None

    def _kind_of(self, record):
        """Return the error that says what becomes of a record that is not loaded."""
        if record.reason_code == "waits":
            return StillWaiting
        return NotYetLoaded if record.state == "pending" else MappingError

    def name_of(self, text):
        """Return the name of the staged record that a value means, or ""."""
        _link, records = self._found.get(text, (None, []))
        return records[0].name or "" if len(records) == 1 else ""

    def unknown(self, text):
        """Return the message for a value that no record of the source has."""
        return self.env._(
            "The source has no record “%(value)s” in “%(object)s”.",
            object=self._label(),
            value=text,
        )

    def _label(self):
        return self.mapper.project._object_label(self.object_name)

    def _result(self, link):
        """Virtual targets need the model too, real many2one fields the id only."""
        target = self.line.target_field or ""
        if target.startswith("_"):
            return link
        model = self.mapper.target_model
        if model in self.env:
            self._check_model(link, self.env[model]._fields.get(target))
        return link[1]

    def _check_model(self, link, field):
        """The source's contact may have become something else than a contact."""
        if field is not None and field.comodel_name not in (None, link[0]):
            raise MappingError(
                self.env._(
                    "It became “%(found)s” in Odoo, which this field cannot hold.",
                    found=self.env[link[0]]._description,
                )
            )
