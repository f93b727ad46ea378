from ...exceptions import RecordSkipped
from ..kind_definitions import KindDefinitions
from .base import Target


class CustomTarget(Target):
    """A record of a custom object or a form in the custom model made for its kind."""

    key = "custom"
    label = "Custom Model"

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


class KindTarget(Target):
    """What the source says of a kind: it lives on in the custom model made of it."""

    key = "kind"
    label = "Definition of a Custom Model"
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
