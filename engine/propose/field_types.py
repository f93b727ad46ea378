"""Which type of field keeps a property: what the source says of it, and its values.

Where the two disagree the values win: no value is lost or refused because of a
definition.
"""

from dataclasses import dataclass, field

from odoo.tools import SQL

from ...tools import converters
from ..map.definitions import option_of, words_of
from ..targets import TARGETS

#: type of field -> how its values are read
TRANSFORMS = {
    "char": "text",
    "text": "text",
    "html": "html_text",
    "integer": "integer",
    "float": "float",
    "monetary": "monetary",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "selection": "selection",
    "many2many": "multi_selection",
    "many2one": "reference",
}
#: what the values look like -> type of field
INFERRED = {
    "money": "monetary",
    "multi_selection": "many2many",
    **{
        kind: kind
        for kind in ("boolean", "integer", "float", "date", "datetime", "text", "html")
    },
    "selection": "selection",
}
#: types that need a field of their own
_CHOICES = {"selection", "many2many", "many2one", "monetary", "html"}
#: kinds of text that a view shows in its own way
WIDGETS = {"url": "url", "email": "email", "phone": "phone"}
#: Options beyond those listed, up to which a pick-list is still one.
MORE_OPTIONS = 12
LONGEST_OPTION = 200
#: Different cells that are looked at for the options of one pick-list.
MOST_VALUES = 20_000
_LARGEST_INTEGER = 2**31 - 1
_EXACT_DIGITS = 15


@dataclass
class FieldChoice:
    """The type of a new field, and what the administrator is told about it."""

    ttype: str
    evidence: str
    widget: str = ""
    #: object that a reference leads to
    object: str = ""
    info: dict = field(default_factory=dict)

    @property
    def transform(self):
        return TRANSFORMS[self.ttype]

    def as_text(self):
        """Return the choice for a value that goes into a text with others."""
        if self.ttype not in _CHOICES:
            return self
        return FieldChoice("char", self.evidence, info=self.info)


class FieldTypes:
    """Chooses the types for the properties of one source object."""

    def __init__(self, obj, definitions):
        self.object = obj
        self.project = obj.project_id
        self.env = obj.env
        self.definitions = definitions
        currency = self.project.company_id.currency_id
        self._signs = {currency.symbol, currency.name}

    def definition(self, header):
        """Return what the source says of a property, or None."""
        return self.definitions.find(self.object.name, header)

    def check(self, header):
        """Return a function that tells whether a value is what was said, or None."""
        definition = self.definition(header)
        if not definition:
            return None
        if definition.kind == "selection":
            return lambda raw: bool(
                option_of(converters.to_text(raw) or "", definition.options)
            )
        if definition.kind == "many2many":
            return lambda raw: all(
                option_of(word, definition.options)
                for word in words_of(raw, definition.words) or [""]
            )
        return {
            "integer": _is_integer,
            "float": _is_float,
            "monetary": self._is_money,
            "boolean": _is_boolean,
        }.get(definition.kind)

    def choose(self, header, result):
        """Return the :class:`FieldChoice` of a property from all its values."""
        definition = self.definition(header)
        if definition and definition.kind:
            choice = self._defined(header, definition, result)
        else:
            choice = self._inferred(result)
        choice.info = self._info(definition, choice)
        return choice

    def _info(self, definition, choice):
        """Return what the field bears besides its type, as plain JSON."""
        info = {"widget": choice.widget}
        if definition:
            notes = [definition.help]
            if definition.unit:
                notes.append(self.env._("Unit: %s.", definition.unit))
            info |= {
                "label": definition.label,
                "help": "\n".join(filter(None, notes)),
                "group": definition.group,
                "definitions": list(definition.ids),
                "options": [list(option) for option in definition.options],
            }
        return {name: value for name, value in info.items() if value}

    # -- by the values ---------------------------------------------------------------

    def _inferred(self, result):
        if result.type == "money" and result.currency not in self._signs:
            reason = self.env._(
                "All amounts are in %s, which is not the company's currency: text.",
                result.currency,
            )
            return FieldChoice("char", reason)
        ttype = INFERRED.get(result.type, "char")
        widget = WIDGETS.get(result.widget, "") if ttype == "char" else ""
        return FieldChoice(ttype, result.evidence, widget)

    # -- by the definition -------------------------------------------------------------

    def _defined(self, header, definition, result):
        said = self.env._("“%s” at the source.", definition.type)
        if definition.is_archived:
            said += " " + self.env._("Archived there, but records have values.")
        kind = definition.kind
        ttype, why = kind, ""
        if kind in ("integer", "float", "monetary", "boolean"):
            if result.misfit:
                ttype, why = self._instead(result)
        elif kind in ("date", "datetime"):
            ttype, why = self._date(kind, result)
        elif kind in ("selection", "many2many"):
            ttype, why = self._choice(definition, result)
        elif kind == "many2one":
            return self._reference(header, definition, result, said)
        else:
            ttype, why = self._text(kind, result)
        evidence = f"{said} {why}" if why else said
        widget = WIDGETS.get(kind, "") if ttype == "char" else ""
        return FieldChoice(ttype, evidence, widget)

    def _instead(self, result):
        """Return the type that the values ask for, against what was said of them."""
        if result.type == "float":
            return "float", self.env._(
                "But some values are decimal numbers, for example “%s”.",
                result.misfit[:60],
            )
        ttype, _why = self._text("char", result)
        return ttype, self.env._(
            "But not all values are (others: %(count)s), for example “%(value)s”: "
            "text.",
            count=result.misfit_count,
            value=result.misfit[:60],
        )

    def _text(self, kind, result):
        if result.markup:
            return "html", self.env._("Most values have markup.")
        if kind == "html":
            return "html", ""
        if result.lines and kind != "text":
            return "text", self.env._("Some values have several lines.")
        return ("text" if kind == "text" else "char"), ""

    def _date(self, kind, result):
        if not result.formats:
            ttype, _why = self._text("char", result)
            return ttype, self.env._(
                "But no one format of dates fits all values, for example “%s”: text.",
                result.samples[0][:60],
            )
        has_time = any("%H" in fmt or "%I" in fmt for fmt in result.formats)
        if kind == "date" and (has_time or result.type == "datetime"):
            return "datetime", self.env._("The values have a time as well.")
        return kind, ""

    def _choice(self, definition, result):
        """A pick-list takes up what it does not list, so long as that is not much."""
        is_multi = definition.kind == "many2many"
        listed = {option[0] for option in definition.options}
        found = result.items if is_multi else result.samples
        count = len(found) if is_multi else result.distinct
        room = len(listed) + max(MORE_OPTIONS, 0.05 * result.total)
        is_text = result.lines or result.max_length > LONGEST_OPTION
        if is_multi:
            is_text = not found
        if is_text or count > room:
            ttype, _why = self._text("char", result)
            return ttype, self.env._(
                "But there are %(count)s different values, for example “%(value)s”: "
                "text.",
                count=result.distinct,
                value=(result.misfit or result.samples[0])[:60],
            )
        if result.misfit:
            return definition.kind, self.env._(
                "Values that are not among its options (%(count)s), for example "
                "“%(value)s”: they are added.",
                count=result.misfit_count,
                value=result.misfit[:60],
            )
        return definition.kind, ""

    def _reference(self, header, definition, result, said):
        target = self._referred(header, definition)
        if target:
            why = self.env._("Every value is a record of “%s”.", target.label)
            return FieldChoice("many2one", f"{said} {why}", object=target.name)
        ttype, _why = self._text("char", result)
        why = self.env._("Not every value is a record that is loaded before: text.")
        return FieldChoice(ttype, f"{said} {why}")

    def _referred(self, header, definition):
        """Return the object, loaded earlier, that all values are the ids of."""
        for obj in self.project.object_ids.sorted("sequence"):
            if not obj.target or obj.sequence >= self.object.sequence:
                continue
            if len(TARGETS[obj.target].models()) != 1:
                continue
            if definition.reference and obj.name != definition.reference:
                continue
            missing = self.env.execute_query(
                SQL(
                    "SELECT 1 FROM migration_staged_record staged"
                    " WHERE object_id = %(own)s AND %(text)s <> '' AND NOT EXISTS ("
                    " SELECT 1 FROM migration_staged_record other"
                    " WHERE other.object_id = %(other)s"
                    " AND other.external_id = %(text)s) LIMIT 1",
                    own=self.object.id,
                    other=obj.id,
                    text=SQL("staged.payload ->> %s", header),
                )
            )
            if not missing:
                return obj
        return None

    def _is_money(self, raw):
        text = (converters.to_text(raw) or "").strip()
        for sign in sorted(filter(None, self._signs), key=len, reverse=True):
            text = text.removeprefix(sign).removesuffix(sign).strip()
        return _is_float(text)


def _is_integer(raw):
    try:
        number = converters.to_integer(raw)
    except ValueError:
        return False
    return _is_exact(raw) and abs(number or 0) <= _LARGEST_INTEGER


def _is_float(raw):
    if isinstance(raw, float):
        return True
    try:
        converters.to_float(raw)
    except ValueError:
        return False
    return _is_exact(raw)


def _is_exact(raw):
    """Return whether a number keeps all its digits: no leading zeros, not too many."""
    text = (converters.to_text(raw) or "").lstrip("+-")
    digits = "".join(char for char in text if char.isdigit())
    leads = len(text) > 1 and text[0] == "0" and text[1].isdigit()
    return not leads and len(digits) <= _EXACT_DIGITS


def _is_boolean(raw):
    try:
        return converters.to_boolean(raw) is not None
    except ValueError:
        return False


def distinct_words(obj, header, is_multi, known=()):
    """Return the values of a pick-list in order of appearance, each once."""
    rows = obj.env.execute_query(
        SQL(
            "SELECT payload -> %(name)s FROM migration_staged_record"
            " WHERE object_id = %(object)s AND payload ->> %(name)s <> ''"
            " GROUP BY 1 ORDER BY min(id) LIMIT %(limit)s",
            name=header,
            object=obj.id,
            limit=MOST_VALUES,
        )
    )
    words = {}
    for (raw,) in rows:
        found = words_of(raw, known) if is_multi else [converters.to_text(raw)]
        words |= dict.fromkeys(word for word in found or () if word)
    return list(words)
