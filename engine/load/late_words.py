"""Words that the schema plan lacked when their records were loaded."""

from ...tools.converters import split_multi
from ..keys import key_of
from ..map.transforms import tag_kind
from ..schema.plan import VOCABULARIES


class LateWords:
    """Finds the records whose words have come into the plan since."""

    def __init__(self, project):
        self.project = project
        self.env = project.env

    def records(self):
        """Return the staged records that are to be loaded again."""
        lines = {
            (line.object_id.name, line.source_field): line
            for line in self.project.mapping_line_ids
            if line.is_confirmed and self._kind(line) in VOCABULARIES
        }
        missing = self.env["migration.finding"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("phase", "=", "load"),
                ("code", "=", "unreadable"),
                ("field", "in", list({field for _name, field in lines})),
            ],
            ["source_object", "external_id", "field", "value"],
        )
        made = self.project._schema_links() if missing else {}
        wanted = {}
        for row in missing:
            line = lines.get((row.source_object, row.field))
            if line and self._is_made(line, row.value or "", made):
                wanted.setdefault(line.object_id, set()).add(row.external_id)
        staged = self.env["migration.staged.record"]
        return staged.union(
            *(
                staged.search(
                    [
                        ("object_id", "=", obj.id),
                        ("external_id", "in", list(ids)),
                        ("state", "in", ("created", "updated", "unchanged", "merged")),
                    ]
                )
                for obj, ids in wanted.items()
            )
        )

    @staticmethod
    def _kind(line):
        if line.transform == "tags":
            return tag_kind(line.object_id._target_model())
        return line.transform

    def _is_made(self, line, text, made):
        words = split_multi(text) if line.transform == "tags" else [text]
        return any((self._kind(line), key_of(word)) in made for word in words)
