"""What the source itself says of its custom properties."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from ...tools import converters
from ...tools.choices import choices
from ...tools.fingerprint import fold, normalise_header
from ..stage.kinds import kind_key
from .links import items_of

#: How a live source's own properties begin; no property of an export does.
PROPERTY = "custom."
#: How the answers to the questions of a form begin.
ANSWER = "answer."
#: Submissions that are asked for the questions of their form.
SUBMISSIONS = 20
#: Definitions that are read; a hostile source could list more for ever.
LIMIT = 5000
#: The sources' words for a type, folded, to ours.
KINDS = {
    "char": "string single_line short_text varchar file",
    "text": "text long_text textarea multi_line paragraph json",
    "html": "html rich_text richtext",
    "integer": "integer int whole_number",
    "float": "number decimal float double percent",
    "monetary": "currency money amount",
    "boolean": "boolean bool checkbox yes_no",
    "date": "date",
    "datetime": "datetime date_time timestamp",
    "selection": "enum select single_select dropdown picklist radio choice",
    "many2many": "multi_enum multi_select multiselect multi_picklist checkboxes",
    "url": "url link website",
    "email": "email e_mail",
    "phone": "phone telephone",
    "many2one": "reference lookup relation",
}
_KIND = {word: kind for kind, words in KINDS.items() for word in words.split()}
#: FastTrack's TEXT is one line (LONG_TEXT has several), and so is The Practice's;
#: FastTrack's NUMBER is a whole one (DECIMAL is not).
_OWN_KINDS = {
    "fasttrack": {"text": "string", "number": "integer"},
    "practice_bundle": {"text": "string"},
}


@dataclass(frozen=True)
class Definition:
    """One property as the source describes it; options are (value, label, archived)."""

    external_id: str
    object: str
    key: str
    label: str = ""
    kind: str = ""
    type: str = ""
    options: tuple = ()
    help: str = ""
    unit: str = ""
    group: str = ""
    reference: str = ""
    is_archived: bool = False
    #: external ids of all definitions that this one stands for
    ids: tuple = field(default=())

    @cached_property
    def words(self):
        """Values and labels of the options: a comma stands between such words only."""
        return [word for option in self.options for word in option[:2]]


class Definitions:
    """The staged definitions of a project, by object and header of the property."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self._found = {}

    @cached_property
    def all(self):
        """Every definition that is staged, in the order of the source."""
        found = []
        for obj in self.project.object_ids:
            names = obj._spec().get("defines")
            if names:
                records = self.env["migration.staged.record"].search(
                    [("object_id", "=", obj.id)], order="id", limit=LIMIT
                )
                found += [self._read(record, names) for record in records]
        for obj in self.project.object_ids:
            found += self._asked(obj)
        return found

    def _asked(self, obj):
        """Yield what the first submissions of a form say of their questions."""
        spec = obj._spec().get("pivot")
        if not spec or ":" not in obj.name:
            return
        names = {"key": spec["question"], "type": spec["about"][0]}
        known = set()
        for record in obj.staged_record_ids.search(
            [("object_id", "=", obj.id)], order="id", limit=SUBMISSIONS
        ):
            for question in record.payload.get(spec["listed"]) or ():
                found = self._read(record, names, question)
                if found.key and found.key not in known:
                    known.add(found.key)
                    yield replace(found, object=obj.name, external_id="", ids=())

    def _read(self, record, names, payload=None):
        payload = record.payload if payload is None else payload
        data = {normalise_header(k): v for k, v in payload.items()}

        def value(name):
            return data.get(normalise_header(names.get(name, "")))

        def text(name):
            return converters.to_text(value(name)) or ""

        kind = fold(text("type")).replace(" ", "_").replace("-", "_")
        kind = _OWN_KINDS.get(self.project.preset, {}).get(kind, kind)
        return Definition(
            external_id=record.external_id,
            object=text("object"),
            key=text("key"),
            label=text("label"),
            kind=_KIND.get(kind, ""),
            type=text("type"),
            options=_options(value("options")),
            help=text("help"),
            unit=text("unit"),
            group=text("group"),
            reference=text("reference"),
            is_archived=_is_true(value("archived")),
            ids=(record.external_id,),
        )

    def object_of(self, definition):
        """Return the name of the object whose records have the property.

        A custom object is one of the kinds that another object is split into.
        """
        word = fold(definition.object)
        name = self._renamed.get(word, definition.object)
        if name in self._names:
            return name
        ends = (f":{word}", f":{kind_key(definition.object)}")
        return next((n for n in self._names if fold(n).endswith(ends)), name)

    @cached_property
    def _names(self):
        return self.project.object_ids.mapped("name")

    @cached_property
    def _renamed(self):
        """Return ``{the definitions' word for an object: its name here}``."""
        specs = [obj._spec().get("defines") or {} for obj in self.project.object_ids]
        return {
            word: name
            for spec in specs
            for word, name in spec.get("objects", {}).items()
        }

    @cached_property
    def _by_object(self):
        table = {}
        for definition in self.all:
            table.setdefault(self.object_of(definition), []).append(definition)
        return table

    def find(self, object_name, header):
        """Return the :class:`Definition` of a header, or None.

        Its key counts first, then its key without namespace, then its label. Two
        objects of the source may be one here (companies and persons), and two
        namespaces may have one key: their definitions become one if they agree.
        """
        place = (object_name, header)
        if place not in self._found:
            self._found[place] = self._find(*place)
        return self._found[place]

    def _find(self, object_name, header):
        plain = header.removeprefix(PROPERTY).removeprefix(ANSWER)
        wanted = normalise_header(plain)
        mine = self._by_object.get(object_name, ())
        for name_of in (
            lambda d: d.key,
            lambda d: d.key.rpartition(":")[2],
            lambda d: d.label,
        ):
            found = [d for d in mine if normalise_header(name_of(d)) == wanted]
            if found:
                return _merged(found, wanted)
        return None


def _merged(found, wanted):
    """Return one definition for all of ``found``, None if they contradict each other.

    The one whose label says the same as the header leads.
    """
    found = sorted(found, key=lambda d: normalise_header(d.label) != wanted)
    first = found[0]
    if any(other.kind != first.kind for other in found):
        return None
    options = {}
    for definition in found:
        for option in definition.options:
            options.setdefault(option[0], option)
    return replace(
        first,
        options=tuple(options.values()),
        ids=tuple(d.external_id for d in found),
        is_archived=all(d.is_archived for d in found),
    )


def _options(raw):
    """Return ``((value, label, is archived), ...)`` in the order of the source."""
    found = []
    for place, item in enumerate(items_of(raw) if raw else ()):
        if isinstance(item, dict):
            value = converters.to_text(item.get("value")) or ""
            label = converters.to_text(item.get("label")) or value
            position = item.get("position")
            position = position if isinstance(position, int) else place
            option = (value or label, label, bool(item.get("archived")))
        else:
            text = converters.to_text(item) or ""
            position, option = place, (text, text, False)
        if option[0]:
            found.append((position, place, option))
    unique = {}
    for _position, _place, option in sorted(found):
        unique.setdefault(option[0], option)
    return tuple(unique.values())


def _is_true(raw):
    try:
        return bool(converters.to_boolean(raw))
    except ValueError:
        return False


def option_of(text, options):
    """Return the value of the option that ``text`` means, or None.

    Its value counts before its label, the exact spelling before another one.
    """
    for place in (0, 1):
        for option in options:
            if option[place] == text:
                return option[0]
    key = fold(text)
    near = {option[0] for option in options if key in map(fold, option[:2])}
    return near.pop() if len(near) == 1 else None


def words_of(raw, known=()):
    """Return the single values of a cell of a multi-select, None if it holds none.

    :param known: values and labels that exist; a comma stands between such words only
    """
    return choices(raw, known)
