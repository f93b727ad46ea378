"""The order in which the records of one object are loaded."""

from zoneinfo import ZoneInfo

from odoo.tools import SQL, split_every

from ...tools.dates import parse_datetime
from ..targets import TARGETS

CHUNK = 5000


class LoadOrder:
    """Oldest first, where Odoo itself sorts by id.

    The chatter shows messages by id: notes loaded in the order of the file would stand
    there out of order, whatever their dates.
    """

    def __init__(self, obj):
        self.object = obj
        self.env = obj.env
        target = TARGETS.get(obj.target)
        lines = obj.mapping_line_ids.filtered("date_format")
        self._lines = [
            line
            for name in (target.ordered_by if target else ())
            for line in lines.filtered(lambda li, name=name: li.target_field == name)
        ]

    def settle(self):
        """Write the date of every pending record; unreadable ones come last."""
        if not self._lines:
            return
        names = [line.source_field for line in self._lines]
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM migration_staged_record"
                " WHERE object_id = %s AND state = 'pending'",
                SQL(", ").join(SQL("payload ->> %s", name) for name in names),
                self.object.id,
            )
        )
        for chunk in split_every(CHUNK, rows):
            self._write(
                [(res_id, day) for res_id, *texts in chunk if (day := self._day(texts))]
            )
        self.env["migration.staged.record"].invalidate_model(["load_order"])

    def _day(self, texts):
        """Return the first date that can be read, of the fields that may hold it."""
        zone = ZoneInfo(self.object.project_id.source_timezone or "UTC")
        for text, line in zip(texts, self._lines, strict=True):
            try:
                if text:
                    return parse_datetime(text, line.date_format, zone)
            except ValueError:
                continue
        return None

    def _write(self, rows):
        self.env.cr.execute(
            SQL(
                "UPDATE migration_staged_record AS staged SET load_order = source.day"
                " FROM (SELECT unnest(%s) AS id, unnest(%s::timestamp[]) AS day) source"
                " WHERE staged.id = source.id",
                [res_id for res_id, _day in rows],
                [day for _id, day in rows],
            )
        )
