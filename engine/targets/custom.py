from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ..map.kind_definitions import KindDefinitions
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class CustomTarget(Target):
    """A record of a custom object or a form in the custom model made for its kind."""

    key = "custom"
    label = _lt("Custom Model")

    def __init__(self, mapper):
        super().__init__(mapper)
        self.model = mapper.target_model

    @classmethod
    def field_models(cls, obj):
        return (obj.target_model,) if obj.target_model else ()

    def finish(self, mapped):
        record = mapped.record
        mapped.vals = {
            **self.constants,
            "x_name": record.name or record.external_id,
            "x_company_id": self.project.company_id.id,
            **mapped.vals,
        }
        return mapped.vals

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)


class LinkedFieldsTarget(Target):
    """A record of a kind as fields of the one contact or deal that it is linked to."""

    key = "custom_fields"
    label = _lt("Fields of the Linked Record")
    relation_fields = {"_linked": "id"}
    keeps_values = True

    def __init__(self, mapper):
        super().__init__(mapper)
        self.model = mapper.target_model
        self._taken = {}

    @classmethod
    def field_models(cls, obj):
        return (obj.target_model,) if obj.target_model else ()

    def prefetch(self, mapped_list):
        links = [mapped.pop("_linked") for mapped in mapped_list]
        rows = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=", self.mapper.object.name),
                ("res_id", "in", [link[1] for link in links if link]),
            ],
            ["res_id", "external_id"],
        )
        self._taken = {row.res_id: row.external_id for row in rows}

    def finish(self, mapped):
        model, res_id = mapped.pop("_linked") or (None, None)
        place = self.source_of("_linked")
        if model != self.model:
            raise MappingError(
                self.env._("It is linked to no record that could take it up."), place
            )
        own_id = mapped.record.external_id
        other = self._taken.setdefault(res_id, own_id)
        if other != own_id:
            raise MappingError(
                self.env._("“%s” has become fields of the same record.", other), place
            )
        if mapped.pop("loaded_id") not in (None, False, res_id):
            message = self.env._("Linked to another record since: it stays here.")
            self.remark(mapped, "_linked", message, "moved", res_id)
        return dict(mapped.vals)

    def write(self, record, vals):
        self.amend(record, vals)

    def bind(self, mapped):
        model, res_id = mapped.pop("_linked")
        record = self.env[model].browse(res_id)
        self.amend(record, dict(mapped.inputs["vals"]), mapped.record)
        mapped.inputs["reason"] = self.env._("Became fields of the linked record.")
        return model, res_id


class KindTarget(Target):
    """What the source says of a kind: it lives on in the custom model made of it."""

    key = "kind"
    label = _lt("Definition of a Custom Model")
    model = "ir.model"

    def __init__(self, mapper):
        super().__init__(mapper)
        self._definitions = KindDefinitions(self.project)

    def finish(self, mapped):
        kind = self._definitions.kind_of(mapped.record)
        if not kind:
            raise RecordSkipped(self.env._("There are no records of it."))
        model = self.mapper.schema_id("model", kind.name)
        if not model:
            raise RecordSkipped(
                self.env._("“%s” does not become a custom model.", kind.label)
            )
        mapped.inputs["ir_model"] = model
        mapped.inputs["reason"] = self.env._(
            "Became the definition of %s.", kind.target_model
        )
        return {}

    def bind(self, mapped):
        return self.model, mapped.pop("ir_model")
