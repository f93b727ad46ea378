"""Apply a confirmed map to raw records."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo.fields import Command

from ...exceptions import MappingError, MigrationError, NotYetLoaded, StillWaiting
from ...tools.converters import to_text
from ..keys import key_of
from ..structure.kinship import Kinship
from .places import Places
from .transforms import make_transform

#: Kind of a note, and code of a failure, for a record that the same run loads later.
LATE = "late"
#: Lines that others depend on come first: a state is looked up in its country.
#: The address says how its phone numbers are dialled.
_ORDER = {"country": 0, "state": 1, "phone": 9, "links": 9}


@dataclass
class Mapped:
    """One mapped record: values, what happened on the way, and the first error."""

    record: object
    vals: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    error: tuple = ()

    def pop(self, name, default=None):
        """Return a virtual value (its name begins with an underscore).

        It stays: a batch that Odoo refuses is tried again in halves.
        """
        return self.inputs.get(name, default)

    @property
    def unread(self):
        """The values that no field took: ``{source field: value}``."""
        notes = (note for note in self.notes if note.kind == "unreadable")
        return {note.source_field: note.value for note in notes}


@dataclass(frozen=True)
class Note:
    """Something that happened to one value: shown in the diff and as a finding."""

    source_field: str
    target_field: str
    value: str
    kind: str
    message: str


class Step(NamedTuple):
    """One mapping line made ready; its names apart, for they are read each time."""

    line: object
    source_field: str
    target_field: str
    transform: object


class RecordMapper:
    """The confirmed map of one source object, ready to be applied in batches."""

    def __init__(self, obj, target_model, custom_models=()):
        """Make the map ready.

        :param custom_models: the models that have the custom fields of the records
        """
        self.custom_models = custom_models or [target_model]
        self.object = obj
        self.project = obj.project_id
        self.env = obj.env
        self.target_model = target_model
        self.timezone = ZoneInfo(self.project.source_timezone or "UTC")
        self._owners = {
            key: owner
            for owner in self.project.owner_ids
            for key in (owner.key, *(owner.alias_keys or []))
        }
        self._schema = self.project._schema_links()
        self._headers = {
            line.canonical_field: line.source_field
            for line in obj.mapping_line_ids
            if line.canonical_field
        }
        lines = obj.mapping_line_ids.filtered(
            lambda line: (
                line.is_confirmed
                and not line.is_late
                and line.fate in ("mapped", "transformed")
            )
        ).sorted(lambda line: (_ORDER.get(line.transform, 5), line.sequence, line.id))
        for line in lines:
            if line._target_problem(line.target_field, line.transform, line.rest_field):
                raise MigrationError(line._open_question())
        self._steps = [
            Step(
                line,
                line.source_field,
                line.target_field,
                make_transform(self, line, line._field_spec()),
            )
            for line in lines
        ]
        #: whether a reference may wait for a record that the same run loads later
        self.can_wait = False
        #: {staged id: {source field: why}}: values that are not used, see Hierarchy
        self.left_out = {}
        self._notes = []
        self._asides = {}
        self._payloads = {}

    @cached_property
    def kinship(self):
        """Who stands above whom in this object."""
        return Kinship(self.object)

    @cached_property
    def places(self):
        """Countries and states, read when the first line needs them."""
        return Places(self.env)

    @property
    def lines(self):
        """The mapping lines that carry values, in the order they are applied."""
        return [step.line for step in self._steps]

    def header(self, canonical):
        """Return the source's header of a field the preset knows, or None."""
        return self._headers.get(canonical)

    def raw(self, record, canonical):
        """Return the raw value of a field the preset knows."""
        header = self.header(canonical)
        return self.payload(record).get(header) if header else None

    def payload(self, record):
        """Return the raw fields of a record; a Json field copies at each access."""
        if record.id not in self._payloads:
            self._payloads[record.id] = record.payload
        return self._payloads[record.id]

    def owner(self, text):
        """Return the owner board's row of a source value, or None."""
        return self._owners.get(key_of(text))

    def schema_id(self, kind, key):
        """Return the id of what the schema plan made for ``key``, or None."""
        return self._schema.get((kind, key))

    def note(self, line, value, kind, message):
        """Remember something about the value being converted."""
        self._notes.append(
            Note(line.source_field, line.target_field or "", str(value), kind, message)
        )

    def aside(self, name, value):
        """Hand a virtual value to the target that the converted one gives away."""
        self._asides[name] = value

    def prefetch(self, records):
        """Look up in a few queries what the batch refers to."""
        self._payloads = {record.id: record.payload for record in records}
        for step in self._steps:
            step.transform.prefetch(records)

    def map(self, record):
        """Return the :class:`Mapped` of one staged record."""
        self._notes, self._asides = [], {}
        mapped = Mapped(record)
        payload = self.payload(record)
        unused = self.left_out.get(record.id, ())
        for line, source_field, target_field, transform in self._steps:
            raw = payload.get(source_field)
            if raw in (None, "", []) and not getattr(transform, "alternatives", None):
                continue
            if source_field in unused:
                if unused[source_field]:
                    self.note(line, raw, "cycle", unused[source_field])
                continue
            try:
                value, rest = transform.convert(raw, record, mapped.vals)
            except (ValueError, MappingError) as error:
                keeps_text = getattr(transform, "keeps_text", False)
                self._refuse(mapped, line, raw, error, keeps_text)
                continue
            self._put(mapped, target_field, value)
            if rest:
                self._keep_rest(mapped, line, raw, rest)
        mapped.notes = self._notes
        mapped.inputs.update(self._asides)
        return mapped

    def emptied(self, mapped, written, renamed):
        """Return the fields of ``written`` for which the source has no value now.

        A column that the newest file does not have says nothing.

        :param renamed: ``{target of a line: field that carries it}``
        """
        payload = self.payload(mapped.record)
        return {
            name
            for step in self._steps
            if step.source_field in payload
            for name in (
                renamed.get(step.target_field, step.target_field),
                step.line.rest_field,
                *getattr(step.transform, "also", ()),
            )
            if name in written and name not in mapped.vals
        }

    def _refuse(self, mapped, line, raw, error, keeps_text):
        """A value that cannot be used fails its record, or leaves its field empty.

        Its text is kept beside it where the map has a place for that.
        """
        is_reference = line.transform in ("reference", "stage")
        is_late = self.can_wait and isinstance(error, NotYetLoaded)
        if is_reference and isinstance(error, StillWaiting):
            mapped.error = mapped.error or ("waits", line.source_field, raw, str(error))
        elif is_reference and line.on_missing == "fail":
            code = LATE if is_late else f"bad_{line.transform}"
            mapped.error = mapped.error or (code, line.source_field, raw, str(error))
        elif keeps_text and line.rest_field:
            self._put(mapped, line.rest_field, to_text(raw))
            self.note(line, raw, "unplaced", str(error))
        else:
            self.note(line, raw, LATE if is_late else "unreadable", str(error))

    def _keep_rest(self, mapped, line, raw, rest):
        if line.rest_field and self._has_field(line.rest_field):
            self._put(mapped, line.rest_field, rest)
            message = self.env._(
                "“%(rest)s” goes to %(field)s", rest=rest, field=line.rest_field
            )
            self.note(line, raw, "rest", message)
        else:
            self.note(line, raw, "unreadable", self.env._("No place for “%s”", rest))

    def _has_field(self, name):
        """Return whether a rest field is there: it may be left out of the plan."""
        return any(name in self.env[model]._fields for model in self.custom_models)

    def _put(self, mapped, name, value):
        """Set a value; two lines with one target are joined, never overwritten."""
        if not name or value is None:
            return
        bag = mapped.inputs if name.startswith("_") else mapped.vals
        present = bag.get(name)
        if isinstance(value, list) and present:
            value = [Command.set(sorted({*present[0][2], *value[0][2]}))]
        elif isinstance(value, str) and present and isinstance(present, str):
            is_there = value == present or value in present.split("; ")
            value = present if is_there else f"{present}; {value}"
        bag[name] = value
