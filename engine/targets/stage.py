from ...exceptions import MappingError
from ..transforms import stage_key
from .base import Target


class StageTarget(Target):
    """Stages are made by the schema plan; loading binds the source's rows to them."""

    key = "stage"
    label = "Pipeline Stage"
    model = "crm.stage"

    def finish(self, mapped):
        key = stage_key(mapped.pop("_pipeline"), mapped.vals.get("name"))
        stage = self.mapper.schema_id("stage", key)
        if not stage:
            raise MappingError(self.env._("The stage is not in the schema plan."))
        item = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "stage" and item.key == key
        )
        mapped.inputs["reason"] = (
            self.env._("Created by the schema plan.")
            if item.action == "create"
            else self.env._("Bound to a stage that existed.")
        )
        mapped.inputs["stage"] = stage
        return {}

    def bind(self, mapped):
        return "crm.stage", mapped.pop("stage")
