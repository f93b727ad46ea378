from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ..keys import key_of
from ..map.associations import LABEL_KIND, LABEL_MODEL
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class LabelTarget(Target):
    """Labels are made by the schema plan; loading binds the source's rows to them."""

    key = "label"
    label = _lt("Association Label")
    model = LABEL_MODEL

    @classmethod
    def main_model(cls, env):
        # the model itself is made by the schema plan; no map names fields of it
        return "ir.model"

    @classmethod
    def custom_model(cls, env):
        return False

    def finish(self, mapped):
        word = mapped.pop("_label")
        if not word:
            raise RecordSkipped(
                self.env._("It says that links may have no label: nothing to keep.")
            )
        found = self.mapper.schema_id(LABEL_KIND, key_of(word))
        if not found:
            raise MappingError(
                self.env._("“%s” is not in the schema plan.", word),
                self.source_of("_label"),
            )
        mapped.inputs["word_id"] = found
        mapped.inputs["reason"] = self.env._("A word to filter contacts and deals by.")
        return {}

    def bind(self, mapped):
        return LABEL_MODEL, mapped.pop("word_id")
