from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ..map.pipelines import Pipelines
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class StageTarget(Target):
    """Stages are made by the schema plan; loading binds the source's rows to them."""

    key = "stage"
    label = _lt("Pipeline Stage")
    model = "crm.stage"

    def __init__(self, mapper):
        super().__init__(mapper)
        self._pipelines = Pipelines(self.project)

    def finish(self, mapped):
        names = (mapped.pop("_pipeline"), mapped.pop("_pipeline_name"))
        own = (mapped.record.external_id, mapped.vals.get("name"))
        key = self._pipelines.stage(names, own)
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
