"""The order in which the records of one object are loaded."""

from zoneinfo import ZoneInfo

from odoo.tools import SQL, split_every

from ..tools.dates import parse_datetime
from .targets import TARGETS

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
        self._line = obj.mapping_line_ids.filtered(
            lambda line: (
                target
                and target.ordered_by
                and line.target_field == target.ordered_by
                and line.date_format
            )
        )[:1]

    def settle(self):
        """Write the date of every pending record; unreadable ones come last."""
        if not self._line:
            return
        rows = self.env.execute_query(
            SQL(
                "SELECT id, payload ->> %s FROM migration_staged_record"
                " WHERE object_id = %s AND state = 'pending'",
                self._line.source_field,
                self.object.id,
            )
        )
        for chunk in split_every(CHUNK, rows):
            self._write(
                [(res_id, day) for res_id, text in chunk if (day := self._day(text))]
            )
        self.env["migration.staged.record"].invalidate_model(["load_order"])

    def _day(self, text):
        zone = ZoneInfo(self.object.project_id.source_timezone or "UTC")
        try:
            return parse_datetime(text, self._line.date_format, zone) if text else None
        except ValueError:
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
