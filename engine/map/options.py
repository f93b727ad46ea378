"""Values of custom fields that are more than a plain value."""

from functools import cached_property

from odoo.fields import Command

from ...exceptions import MappingError
from ...tools import converters
from .definitions import option_of, words_of

#: The source's own word for a value of a value model.
CODE = "x_code"
#: Currency of amounts on a model that has none of its own.
CURRENCY = "x_currency_id"


def options_in_place(env, field):
    """Return ``[(value, label, False), ...]`` of what a pick-list has by now."""
    if field is None:
        return []
    if field.type == "selection":
        options = field.selection if isinstance(field.selection, list) else []
        return [(value, label, False) for value, label in options]
    values = env[field.comodel_name].with_context(active_test=False).search([])
    has_code = CODE in values._fields
    return [
        (
            (has_code and record[CODE]) or record.display_name,
            record.display_name,
            False,
        )
        for record in values
    ]


class FieldTransform:
    """Base: a line whose target field says which values there are."""

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.env = mapper.env
        self.line = line

    def prefetch(self, records):
        """Nothing to look up for each batch."""

    @cached_property
    def field(self):
        """The custom field on the model that has it, None before it is made."""
        for model in self.mapper.custom_models:
            found = self.env[model]._fields.get(self.line.target_field)
            if found is not None:
                return found
        return None

    def _unknown(self, word):
        return MappingError(self.env._("“%s” is not among the field's values.", word))


class SelectionTransform(FieldTransform):
    """The option that the source's word means, by its value or its label."""

    @cached_property
    def _options(self):
        return options_in_place(self.env, self.field)

    def convert(self, raw, record, vals):
        word = converters.to_text(raw)
        found = option_of(word, self._options) if word else None
        if word and found is None:
            raise self._unknown(word)
        return found, ""


class MultiSelectionTransform(FieldTransform):
    """The records of the value model that the source's words mean."""

    @cached_property
    def _values(self):
        """Return the options with their ids, and all words that are known."""
        values = self.env[self.field.comodel_name].with_context(active_test=False)
        ids, options = {}, []
        for record in values.search([]):
            code = (CODE in record._fields and record[CODE]) or record.display_name
            options.append((code, record.display_name))
            ids[code] = record.id
        return ids, options

    def convert(self, raw, record, vals):
        ids, options = self._values
        known = [word for option in options for word in option]
        found = []
        for word in words_of(raw, known) or [converters.to_text(raw)]:
            code = option_of(word, options)
            if code is None:
                raise self._unknown(word)
            found.append(ids[code])
        return [Command.set(sorted(set(found)))], ""


class MonetaryTransform(FieldTransform):
    """An amount; where the model has no currency of its own, the company's."""

    def convert(self, raw, record, vals):
        amount = converters.to_money(raw)
        field = self.field
        if field is not None and field.type == "monetary":
            if amount is not None and field.get_currency_field(self._model) == CURRENCY:
                currency = self.mapper.project.company_id.currency_id
                vals.setdefault(CURRENCY, currency.id)
        return amount, ""

    @cached_property
    def _model(self):
        return self.env[self.field.model_name]
