"""Words that the source has got since the full run: tags, sources, lost reasons."""

from functools import cached_property

from odoo.tools import SQL

from ..keys import key_of
from .build import SchemaBuilder
from .plan import VOCABULARIES, SchemaPlanner


class NewWords(SchemaPlanner):
    """Makes a place for words of pending records that the schema plan does not know.

    They are values of fields that a person has confirmed, of kinds that the plan has
    made records of already: waiting would only leave them out of the records. New
    stages, fields and models wait for a person.
    """

    def __init__(self, project, run):
        super().__init__(project)
        self.run = run

    def make(self):
        """Create what is missing and return the new items of the plan."""
        self._vocabularies()
        shared = {
            "project_id": self.project.id,
            "is_confirmed": True,
            "reason": self.env._("New at the source since the full run."),
        }
        rows = []
        for vals in self.items.values():
            total = sum(vals.pop("objects").mapped("staged_count"))
            rows.append(vals | shared | {"total_count": total})
        items = self.env["migration.schema.item"].create(rows)
        if items:
            SchemaBuilder(self.project, self.run).build(items)
        return items

    def _word(self, kind, word, count, line):
        place = (kind, key_of(word))
        if place in self._known or kind in self._refused:
            return None
        return super()._word(kind, word, count, line)

    @cached_property
    def _known(self):
        return {(item.kind, item.key) for item in self.project.schema_item_ids}

    @cached_property
    def _refused(self):
        """Kinds of which a person wanted nothing at all."""
        kinds = self.project.schema_item_ids.grouped("kind").items()
        return {kind for kind, items in kinds if all(i.action == "skip" for i in items)}

    @property
    def _some(self):
        return SQL("AND state = 'pending'")

    def _mapped_lines(self):
        """Return the lines of words that are carried into Odoo already."""
        lines = super()._mapped_lines()
        kinds = {*VOCABULARIES, "tags"}
        return lines.filtered(
            lambda line: (
                line.transform in kinds and line.is_confirmed and not line.is_late
            )
        )
