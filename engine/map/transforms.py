"""How one source value becomes one Odoo value.

A transform is made once per mapping line and batch-prefetched, so that references,
owners and places cost one query a batch and not one a record. ``convert`` returns
``(value, rest)``: ``rest`` is text that does not fit and goes to the line's rest
field. It raises :class:`ConversionError` for a value that cannot be read and
:class:`MappingError` for one that refers to nothing.
"""

from functools import cached_property

from markupsafe import Markup

from odoo.fields import Command
from odoo.tools import formataddr
from odoo.tools.translate import LazyTranslate

from odoo.addons.phone_validation.tools.phone_validation import phone_format

from ...exceptions import MappingError
from ...tools import converters
from ...tools.dates import parse_date, parse_datetime
from ...tools.money import currency_of, split_money
from ..keys import key_of
from ..owners.board import owner_alias
from .associations import LinksTransform
from .history import StageHistoryTransform
from .languages import Languages
from .links import ChecklistTransform, LinkTransform, ListTransform, NamesTransform
from .options import MonetaryTransform, MultiSelectionTransform, SelectionTransform
from .pipelines import Pipelines
from .references import ReferenceTransform

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

TRANSFORM_LABELS = {
    "text": _lt("Text"),
    "html_text": _lt("Text or HTML"),
    "html": _lt("HTML (Sanitised)"),
    "integer": _lt("Whole Number"),
    "float": _lt("Decimal Number"),
    "money": _lt("Amount of Money"),
    "monetary": _lt("Amount in the Company's Currency"),
    "percent": _lt("Percentage"),
    "share": _lt("Share of One (0.4 is 40 %)"),
    "boolean": _lt("Yes or No"),
    "selection": _lt("One of a Pick-List"),
    "multi_selection": _lt("Several of a List"),
    "date": _lt("Date"),
    "datetime": _lt("Date and Time"),
    "email": _lt("E-mail"),
    "phone": _lt("Phone"),
    "url": _lt("Web Address"),
    "priority": _lt("Priority"),
    "copy": _lt("Text, Also in the Rest Field"),
    "list": _lt("List as Text"),
    "checklist": _lt("Checklist as Text"),
    "names": _lt("Names of Other Records"),
    "owner": _lt("Owner (User by E-mail)"),
    "author": _lt("Author (Contact of the User)"),
    "reference": _lt("Reference to Another Record"),
    "links": _lt("References to Several Records"),
    "country": _lt("Country"),
    "state": _lt("State"),
    "language": _lt("Language"),
    "industry": _lt("Industry"),
    "tags": _lt("Tags"),
    "lost_reason": _lt("Lost Reason"),
    "source": _lt("UTM Source"),
    "equipment_category": _lt("Equipment Category"),
    "medium": _lt("UTM Medium"),
    "campaign": _lt("UTM Campaign"),
    "stage": _lt("Stage of the Pipeline"),
    "history": _lt("Stage History"),
    "key": _lt("Identity"),
}


class Transform:
    """Base: a line, its preset description, and the shared lookups of the mapper."""

    #: whether the text of a value that resolves to nothing goes to the rest field
    keeps_text = False

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.env = mapper.env
        self.line = line
        self.spec = spec

    def prefetch(self, records):
        """Look up in one go what ``records`` will need."""

    def convert(self, raw, record, vals):
        """Return ``(value, rest)`` for one raw value."""
        raise NotImplementedError


class PlainTransform(Transform):
    """A pure function of the value."""

    FUNCTIONS = {
        "text": converters.to_text,
        "integer": converters.to_integer,
        "float": converters.to_float,
        "percent": converters.to_percent,
        "share": converters.to_share,
        "boolean": converters.to_boolean,
        "url": converters.to_url,
    }

    def __init__(self, mapper, line, spec):
        super().__init__(mapper, line, spec)
        self._function = self.FUNCTIONS[line.transform]

    def convert(self, raw, record, vals):
        return self._function(raw), ""


class MoneyTransform(Transform):
    """An amount; the currency that is written beside the number is not lost."""

    def convert(self, raw, record, vals):
        if isinstance(raw, dict):
            amount, sign = split_money(raw)
        else:
            amount = converters.to_money(raw)
            sign = currency_of(raw) if isinstance(raw, str) else ""
        if sign and self.line.target_field == "expected_revenue":
            self.mapper.aside("_currency_sign", sign)
        elif sign:
            message = self.env._("In %s: the number is kept as it is.", sign)
            self.mapper.note(self.line, raw, "adjusted", message)
        return amount, ""


class PhoneTransform(Transform):
    """A phone number as Odoo writes it: with its country, where that is known.

    A number that is not valid in the record's country stays as the source wrote it.
    """

    def convert(self, raw, record, vals):
        text = converters.to_phone(raw)
        code = self.mapper.places.code(vals.get("country_id"))
        if not text or not (code or text.startswith(("+", "00"))):
            return text, ""
        shown = phone_format(text, code, None, raise_exception=False)
        if shown != text:
            message = self.env._("Written as %s", shown)
            self.mapper.note(self.line, raw, "adjusted", message)
        return shown, ""


class LanguageTransform(Transform):
    """A language that is installed in Odoo, by code or by name."""

    keeps_text = True

    @cached_property
    def _languages(self):
        return Languages(self.env)

    def convert(self, raw, record, vals):
        text = converters.to_text(raw)
        found = self._languages.find(text)
        if not found:
            raise MappingError(
                self.env._("Language “%s” is not installed in Odoo.", text)
            )
        return found, ""


class EmailTransform(Transform):
    """First address to the target, further ones to the rest."""

    def convert(self, raw, record, vals):
        return converters.to_email(raw)


class CopyTransform(Transform):
    """A word that decides something, and is kept as the source wrote it as well."""

    def convert(self, raw, record, vals):
        text = converters.to_text(raw)
        return text, text or ""


class PriorityTransform(Transform):
    """The number of stars in Odoo (0 to 3)."""

    WORDS = {"low": "0", "normal": "1", "medium": "1", "high": "2", "urgent": "3"}

    def convert(self, raw, record, vals):
        found = self.WORDS.get(key_of(converters.to_text(raw)))
        if found is None:
            raise MappingError(self.env._("“%s” is not a known priority.", raw))
        return found, ""


class DateTransform(Transform):
    """A date or time in the one format the line says, in the source's time zone."""

    def __init__(self, mapper, line, spec):
        super().__init__(mapper, line, spec)
        self._is_date = line.transform == "date"
        self._format = line.date_format

    def convert(self, raw, record, vals):
        if self._is_date:
            return parse_date(str(raw), self._format), ""
        return parse_datetime(str(raw), self._format, self.mapper.timezone), ""


class HtmlTransform(Transform):
    """HTML as it is, the field sanitises it; plain text keeps its lines."""

    def convert(self, raw, record, vals):
        return Markup(converters.to_html_text(raw) or ""), ""


class OwnerTransform(Transform):
    """The Odoo user of the first owner named; the others are the rest."""

    def convert(self, raw, record, vals):
        names = converters.split_multi(raw)
        owner = find_owner(self.mapper, names[0]) if names else None
        user = (owner and owner.user_id) or self.mapper.project.fallback_user_id
        if owner is None or not owner.user_id:
            self.mapper.note(
                self.line, raw, "fallback", self.env._("Fallback user %s", user.name)
            )
        return user.id, "; ".join(names[1:])


class AuthorTransform(Transform):
    """The contact of the owner's user, else the name and e-mail as text."""

    def __init__(self, mapper, line, spec):
        super().__init__(mapper, line, spec)
        headers = map(mapper.header, spec.get("alternatives", []))
        #: further fields that may name the author, for example by e-mail
        self.alternatives = [header for header in headers if header]

    def convert(self, raw, record, vals):
        payload = self.mapper.payload(record)
        raws = [raw, *(payload.get(header) for header in self.alternatives)]
        names = [name for name in map(converters.to_text, raws) if name]
        owners = [(name, find_owner(self.mapper, name)) for name in names]
        for _name, owner in owners:
            if owner and owner.user_id:
                vals["email_from"] = owner.user_id.partner_id.email_formatted
                return owner.user_id.partner_id.id, ""
        if not names:
            return None, ""
        owner = next((owner for _name, owner in owners if owner), None)
        mail = next((name for name in names if "@" in name), "")
        shown = (owner and owner.name) or mail or names[0]
        email = (owner and owner.email) or mail
        shown, email = " ".join(shown.split()), " ".join(email.split())
        vals["email_from"] = formataddr((shown, email)) if email else shown
        return False, ""


class CountryTransform(Transform):
    """A country by code or any usual spelling."""

    keeps_text = True

    def convert(self, raw, record, vals):
        found = self.mapper.places.country(converters.to_text(raw))
        if not found:
            raise MappingError(self.env._("No country is called “%s”.", raw))
        return found, ""


class StateTransform(Transform):
    """A state by code or name, within the record's country when it has one.

    Without a country the state says it, if there is but one state of that name.
    """

    keeps_text = True

    def convert(self, raw, record, vals):
        text, places = converters.to_text(raw), self.mapper.places
        found = places.state(text, vals.get("country_id"))
        if not found:
            code = places.code(vals.get("country_id"))
            raise MappingError(
                self.env._(
                    "%(country)s has no state “%(name)s”.", country=code, name=raw
                )
                if code
                else self.env._("No state, or several, are called “%s”.", raw)
            )
        if not vals.get("country_id"):
            vals["country_id"] = places.country_of(found)
            message = self.env._(
                "Its country, %s, too", places.code(vals["country_id"])
            )
            self.mapper.note(self.line, raw, "adjusted", message)
        return found, ""


class VocabularyTransform(Transform):
    """A word that the schema plan turned into a record (industry, reason, source)."""

    def convert(self, raw, record, vals):
        text = converters.to_text(raw)
        found = self.mapper.schema_id(self.line.transform, key_of(text))
        if not found:
            raise MappingError(self.env._("“%s” is not in the schema plan.", text))
        return found, ""


class TagsTransform(Transform):
    """Several words, each a tag of the schema plan."""

    def convert(self, raw, record, vals):
        kind = tag_kind(self.mapper.target_model)
        found = {
            word: self.mapper.schema_id(kind, key_of(word))
            for word in converters.split_multi(raw)
        }
        missing = "; ".join(word for word in found if not found[word])
        if missing:
            message = self.env._("“%s” is not in the schema plan.", missing)
            self.mapper.note(self.line, missing, "unreadable", message)
        return [Command.set(sorted({*filter(None, found.values())}))], ""


class StageTransform(Transform):
    """The stage of that id, or of that name in the record's pipeline."""

    def __init__(self, mapper, line, spec):
        super().__init__(mapper, line, spec)
        self._pipelines = Pipelines(mapper.project)

    @cached_property
    def _headers(self):
        return {line.target_field: line.source_field for line in self.mapper.lines}

    def _named(self, record):
        """Return what else the record says of its pipeline and its stage."""
        payload = self.mapper.payload(record)

        def values(*names):
            return [payload.get(self._headers.get(name)) for name in names]

        return values("_pipeline", "_pipeline_name"), values("_stage_name")

    def convert(self, raw, record, vals):
        pipelines, stages = self._named(record)
        key = self._pipelines.stage(pipelines, [raw, *stages])
        found = self.mapper.schema_id("stage", key)
        if not found:
            pipeline = next(filter(None, reversed(pipelines)), "")
            raise MappingError(
                self.env._(
                    "Pipeline “%(pipeline)s” has no stage “%(stage)s”.",
                    pipeline=pipeline,
                    stage=raw,
                )
            )
        return found, ""


class KeyTransform(Transform):
    """Identity fields live in the crosswalk, not in the record."""

    def convert(self, raw, record, vals):
        return None, ""


def tag_kind(model):
    """Return the schema kind of the tags of ``model``."""
    kinds = {"crm.lead": "tag", "project.task": "project_tag"}
    return kinds.get(model, "category")


def find_owner(mapper, text):
    """Return the owner board's row of an id, e-mail or name, or None."""
    return mapper.owner(owner_alias(text)) or mapper.owner(text)


_CLASSES = {
    "monetary": MonetaryTransform,
    "selection": SelectionTransform,
    "multi_selection": MultiSelectionTransform,
    "copy": CopyTransform,
    "priority": PriorityTransform,
    "list": ListTransform,
    "checklist": ChecklistTransform,
    "names": NamesTransform,
    "email": EmailTransform,
    "money": MoneyTransform,
    "phone": PhoneTransform,
    "language": LanguageTransform,
    "date": DateTransform,
    "datetime": DateTransform,
    "html": HtmlTransform,
    "html_text": HtmlTransform,
    "owner": OwnerTransform,
    "author": AuthorTransform,
    "reference": ReferenceTransform,
    "links": LinksTransform,
    "country": CountryTransform,
    "state": StateTransform,
    "industry": VocabularyTransform,
    "lost_reason": VocabularyTransform,
    "source": VocabularyTransform,
    "equipment_category": VocabularyTransform,
    "medium": VocabularyTransform,
    "campaign": VocabularyTransform,
    "tags": TagsTransform,
    "stage": StageTransform,
    "history": StageHistoryTransform,
    "key": KeyTransform,
}


def make_transform(mapper, line, spec):
    """Return the transform of one mapping line."""
    if line.transform == "reference" and "objects" in spec:
        return LinkTransform(mapper, line, spec)
    return _CLASSES.get(line.transform, PlainTransform)(mapper, line, spec)
