"""What every kind of target has in common."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timezone
from functools import cached_property

from odoo.fields import Command
from odoo.tools import SQL

from ...exceptions import MappingError
from ..edits import find_edits
from ..map.mapper import Note
from ..undo.change_book import noting
from ..undo.restore import alone, keep_owner, values_before
from ..values import read_portable


class Target:
    """How mapped values become records of one Odoo model.

    :meth:`finish` completes the values of one record, :meth:`create` writes a batch.
    Both run under the quiet context; a :class:`MappingError` fails one record.
    """

    key = ""
    label = ""
    model = ""
    #: records a transaction; smaller where a record carries a file
    batch_size = 500
    #: fields of which the first with a date decides the order of loading, for Odoo
    #: often sorts by id
    ordered_by = ()
    #: virtual values this target reads, with the field that carries a relation
    relation_fields = {}
    #: values that are not compared on read-back (they are not stored as given)
    unread_fields = frozenset()
    #: whether rows bound to a record keep values of their own, compared like those of
    #: a record that was created
    keeps_values = False
    #: fields that source and people can only change together, see :class:`Unit`
    units = ()

    def __init__(self, mapper):
        self.mapper = mapper
        self.env = mapper.env
        self.project = mapper.project
        spec = mapper.object._spec()
        self.constants = spec.get("constants", {})

    @classmethod
    def models(cls):
        """Return ``{model: relation_fields}`` of all that records become here."""
        return {cls.model: cls.relation_fields}

    @classmethod
    def own_fields(cls, env):
        """Yield ``(model, name, type, label, reason)`` of fields it fills unasked."""
        return ()

    @classmethod
    def plan_note(cls, env):
        """Return what the schema plan says of the branch taken here, or ""."""
        return ""

    @classmethod
    def field_models(cls, obj):
        """Return the models that carry the custom fields of ``obj``, its own first.

        Empty where such values become readable text of the record.
        """
        model = cls.custom_model(obj.env)
        return (model,) if model else ()

    @classmethod
    def possible_models(cls, obj):
        """Return the models that may carry its custom fields, told without a query."""
        return cls.field_models(obj)

    def part_of(self, mapped):
        """Return the target that makes this record: itself, unless it is routed."""
        return self

    def part_for(self, model):
        """Return the target that made a record of ``model``."""
        return self

    def all_parts(self):
        """Return every target that makes records here."""
        return [self]

    def close(self):
        """Give back what the target holds open."""

    def cut(self, records):
        """Return the part of a batch that is safe to hold in memory."""
        return records

    def prefetch(self, mapped_list):
        """Read in one go what :meth:`finish` needs of other records."""

    def finish(self, mapped):
        """Return the values for create() or write() of one record."""
        raise NotImplementedError

    def make(self, mapped_list):
        """Return the records that new source records become, in order."""
        return self.create([dict(mapped.inputs["vals"]) for mapped in mapped_list])

    def create(self, vals_list):
        """Create the records and return them in order."""
        return self.env[self.model].create(vals_list)

    def created(self, records, mapped_list):
        """Do what can only be done once the records have ids."""

    def write(self, record, vals):
        """Write the values that changed at the source."""
        record.write(vals)

    def follows(self, record, mapped, edited):
        """Return whether :meth:`follow` has anything to do; nothing is written here.

        :param edited: fields that a person changed, which keep Odoo's value
        """
        return False

    def follow(self, record, mapped, edited):
        """Bring what is kept beside a known record up to the source.

        It comes before :meth:`write`, in one savepoint with it. Returns names of what
        was changed, for the log.
        """
        return []

    def updated(self, record, mapped, changed):
        """Do what follows from values that were written to a record loaded before."""

    def carry_on(self, run):
        """Do once a batch what follows for other records from those written again.

        Returns the crosswalk rows of the records that it changed, for the log.
        """
        return self.env["migration.crosswalk"]

    def add_extra(self, mapped, word, record):
        """Remember a record made beside the one that the source's record became.

        It gets a crosswalk row of its own under the object's name with ``word`` behind
        it (``:done``), so that it goes with a rollback.
        """
        mapped.inputs.setdefault("extras", []).append((word, record))

    @classmethod
    def main_model(cls, env):
        """Return the model whose fields a map may name, among what is installed."""
        return cls.model

    @classmethod
    def custom_model(cls, env):
        """Return the model that gets the object's custom fields, False for none."""
        return cls.model

    def local_day(self, moment):
        """Return the day of a UTC moment where the source is at home."""
        zone = self.mapper.timezone
        return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()

    def local_text(self, moment):
        """Return a UTC moment as people of the source write it, to the minute."""
        zone = self.mapper.timezone
        local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
        return local.strftime("%Y-%m-%d %H:%M")

    def bind(self, mapped):
        """Return ``(model, id)`` of a record that exists already, or None.

        A target that creates nothing itself (owners, stages, memberships) always
        answers here or raises.
        """
        return None

    def renew(self, mapped, link):
        """Bring what a row has added to another's record up to the source.

        Only called for rows bound to a record that was there (:meth:`bind`), when the
        source has changed them. What is added now goes into ``inputs["added"]``.
        Returns a sentence for the log, "" if nothing is to be said.

        :param link: the crosswalk row, whose ``part_values`` say what was added
        """
        return ""

    def tell_unfollowed(self, mapped, link):
        """Say that a change of a record that lives on in another one is left out."""
        record = self.env[link.res_model].browse(link.res_id)
        message = self.env._(
            "Changed at the source since it became one with “%s”: its new values are "
            "not taken over by themselves.",
            record.display_name,
        )
        mapped.notes.append(Note("", "", "", "unfollowed", message))
        return message

    def partner_of(self, mapped, *names):
        """Return the id of the first contact that the virtual values link to.

        A person may have become a lead in an earlier run: that is no contact, and a
        lead's id must not pass for a contact's.
        """
        for name in names:
            model, res_id = mapped.pop(name) or (None, None)
            if model == "res.partner":
                return res_id
            if model:
                message = self.env._("Became a lead, which is no contact.")
                self.remark(mapped, name, message, "unreadable")
        return False

    def source_of(self, target_field):
        """Return the source's name of the field that fills ``target_field``, or ""."""
        return self._sources.get(target_field, "")

    @cached_property
    def _sources(self):
        lines = reversed(self.mapper.lines)
        return {line.target_field: line.source_field for line in lines}

    def remark(self, mapped, target_field, message, kind="adjusted", value=""):
        """Note something about the value of the line that fills ``target_field``."""
        source = self.source_of(target_field)
        if source:
            mapped.notes.append(Note(source, target_field, str(value), kind, message))

    def fallback_user(self, _values):
        """Return who gets a record whose owner has no Odoo user.

        :param _values: the values of a new record, or a record
        """
        return self.project.fallback_user_id

    def give_owner(self, mapped, vals, name="user_id"):
        """See to it that the record has an owner: its own, else the fallback user."""
        notes = [
            (index, note)
            for index, note in enumerate(mapped.notes)
            if note.kind == "fallback" and note.target_field == name
        ]
        if vals.get(name) and not notes:
            return
        user = self.fallback_user(vals)
        vals[name] = user.id
        for index, note in notes:
            message = self.env._("Fallback user %s", user.name)
            mapped.notes[index] = replace(note, message=message)

    def without_left_out(self, mapped, vals):
        """Take out values for custom fields that the plan leaves out; they are told."""
        fields = self.env[self.model]._fields
        missing = [n for n in vals or () if n.startswith("x_") and n not in fields]
        if not missing:
            return vals
        for name in missing:
            message = self.env._("The field %s was left out of the schema plan.", name)
            note = Note(name, name, str(vals[name]), "unreadable", message)
            mapped.notes.append(note)
        return {name: vals[name] for name in vals if name not in missing}

    def require(self, vals, name, message, field=""):
        """Raise unless ``vals`` has the field; ``field`` is what it is read from."""
        if not vals.get(name):
            raise MappingError(message, field)
        return vals[name]

    def write_again(self, record, vals):
        """Write to a record of ours once more, in a later batch than its own.

        Its crosswalk row is written too, or the change would pass for a person's
        edit; an edit that a person did make before is noted first. Returns the row.
        """
        link = self.own_link(record)
        with noting(link, vals):
            self._write_again(record, vals, link)
        return link

    def _write_again(self, record, vals, link):
        edits = find_edits(self.env, record._name, link)
        record.write(keep_owner(record, vals))
        link.write({"edit_reason": edits.get(record.id)})

    def amend(self, record, vals, by=None):
        """Add to a record of ours what another row of the source says of it.

        It goes into the record's own crosswalk row, with what stood there before.

        :param by: the staged record that says it
        """
        link = self.own_link(record)
        with noting(link, vals, by):
            self.amend_unnoted(record, vals, link)

    def amend_unnoted(self, record, vals, link):
        """Do what :meth:`amend` does within a change that the caller notes."""
        is_matched = link.origin == "matched"
        vals = keep_owner(record, vals) if is_matched else vals
        names = list(vals)
        if is_matched:
            before = values_before(record, names)
        else:
            before = read_portable(record, names)[record.id]
        with alone(record, names) if is_matched else nullcontext():
            self._write_again(record, vals, link)
        if link:
            after = read_portable(record, names)[record.id]
            link.base_values = (link.base_values or {}) | after
            link.previous_values = before | (link.previous_values or {})

    def add_tags(self, partner, tags, by=None):
        """Give a contact tags that it does not have; return those that are new."""
        new = tags - partner.category_id
        if new:
            vals = {"category_id": [Command.link(tag.id) for tag in new]}
            self.amend(partner, vals, by)
        return new

    def take_tags(self, partner, ids, link, by=None):
        """Take tags off a contact that one row had added; return those taken.

        What the contact has by itself, or by another row of the source, stays.
        """
        own = self.own_link(partner)
        rows = self.env["migration.crosswalk"].search(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", partner._name),
                ("res_id", "=", partner.id),
                ("origin", "=", "matched"),
                ("id", "!=", link.id),
            ]
        )
        kept = {*((own.previous_values or {}).get("category_id") or [])}
        for row in rows:
            kept |= {*((row.part_values or {}).get("category_id") or [])}
        gone = partner.category_id.browse(sorted({*ids} - kept)) & partner.category_id
        if gone:
            commands = [Command.unlink(tag.id) for tag in gone]
            self.amend(partner, {"category_id": commands}, by)
        return gone

    def own_link(self, record):
        """Return the crosswalk row of a record that is ours.

        Without one, that of a source record which was found to be this one: it
        remembers what stood there before.
        """
        contacts = self.project.object_ids.filtered(
            lambda obj: obj.target in ("partner", "contact")
        )
        return self.env["migration.crosswalk"].search(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                "|",
                ("origin", "=", "created"),
                ("source_object", "in", contacts.mapped("name")),
            ],
            # "created" comes before "matched"
            order="origin, id",
            limit=1,
        )

    def set_create_date(self, records, mapped_list):
        """Give the records the source's creation date as their own.

        The ORM drops ``create_date`` from values, so this is one UPDATE a batch. It
        comes before the flush: what Odoo computes from the date is computed once.
        """
        if not self.project.keep_create_date:
            return
        dates = [
            (record.id, day)
            for record, mapped in zip(records, mapped_list, strict=True)
            if (day := mapped.vals.get("x_source_created_on") or mapped.pop("created"))
        ]
        if not dates:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s AS target SET create_date = source.created"
                " FROM (SELECT unnest(%(ids)s) AS id,"
                " unnest(%(dates)s::timestamp[]) AS created) AS source"
                " WHERE target.id = source.id",
                table=SQL.identifier(records._table),
                ids=[res_id for res_id, _date in dates],
                dates=[date for _id, date in dates],
            )
        )
        records.invalidate_recordset(["create_date"], flush=False)
