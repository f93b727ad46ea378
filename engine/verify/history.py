"""The reconciliation of stage changes: offered by the source, found in Odoo."""

from collections import Counter

from odoo.tools import SQL

from ..map.history import KEYS
from ..map.links import item_text, items_of
from ..targets.chatter import PREFIX
from ..targets.lead_history import LAST

BATCH = 2000


class HistoryBook:
    """Counts the visits of one object's records, each of which is a stage change.

    What Odoo has is counted in the tracking values themselves.
    """

    def __init__(self, obj, line):
        self.object = obj
        self.env = obj.env
        self.line = line
        spec = obj._spec()["fields"].get(line.canonical_field, {})
        self._stage_key = spec.get("keys", KEYS)["stage"]

    def line_vals(self):
        """Return the numbers of the reconciliation line."""
        counts, last = Counter(), 0
        while rows := self._rows(last):
            for _id, state, raw, found, is_moved in rows:
                self._count(counts, state, raw, found, is_moved)
            last = rows[-1][0]
        return {
            "object_id": self.object.id,
            "source_count": counts["source"],
            "created_count": counts["landed"],
            "excluded_count": counts["excluded"],
            "failed_count": counts["failed"],
            "pending_count": counts["pending"],
            "found_count": counts["found"],
            "difference_count": max(counts["landed"] - counts["found"], 0),
        }

    def _count(self, counts, state, raw, found, is_moved):
        items = items_of(raw)
        named = sum(
            isinstance(item, dict) and bool(item_text(item, self._stage_key))
            for item in items
        )
        counts["source"] += len(items)
        if state not in ("created", "updated", "unchanged"):
            known = state in ("failed", "pending")
            counts[state if known else "excluded"] += len(items)
            return
        counts["failed"] += len(items) - named
        # a person who moved the opportunity in Odoo has the last word
        kept = max(named - found, 0) if is_moved else 0
        counts["excluded"] += kept
        counts["landed"] += named - kept
        counts["found"] += min(found, named)

    def _rows(self, last):
        """Return ``[(id, state, visits, found, moved by a person)]`` of one batch."""
        rows = self.env.execute_query(
            SQL(
                "SELECT staged.id, staged.state, staged.payload -> %(name)s, lead.id,"
                " lead.stage_id IS DISTINCT FROM (link.base_values ->> 'stage_id')::int"
                " FROM migration_staged_record staged"
                " LEFT JOIN migration_crosswalk link"
                " ON link.staged_record_id = staged.id AND link.res_model = 'crm.lead'"
                " LEFT JOIN crm_lead lead ON lead.id = link.res_id"
                " WHERE staged.object_id = %(object)s AND staged.id > %(last)s"
                " AND COALESCE(staged.payload ->> %(name)s, '') NOT IN ('', '[]')"
                " ORDER BY staged.id LIMIT %(limit)s",
                name=self.line.source_field,
                object=self.object.id,
                last=last,
                limit=BATCH,
            )
        )
        moves = self._moves([row[3] for row in rows if row[3]])
        return [
            (res_id, state, visits, moves.get(lead, 0), is_moved)
            for res_id, state, visits, lead, is_moved in rows
        ]

    def _moves(self, lead_ids):
        """Return ``{lead id: migrated stage changes}``."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT message.res_id, count(*) FROM mail_message message"
                    " WHERE message.model = 'crm.lead'"
                    " AND message.res_id = ANY(%(ids)s)"
                    " AND EXISTS (SELECT 1 FROM migration_crosswalk move"
                    "  WHERE move.res_model = 'mail.message'"
                    "  AND move.res_id = message.id AND move.source_object = %(source)s"
                    "  AND move.project_id = %(project)s"
                    "  AND move.external_id NOT LIKE %(last_move)s)"
                    " AND EXISTS (SELECT 1 FROM mail_tracking_value value"
                    "  WHERE value.mail_message_id = message.id)"
                    " GROUP BY 1",
                    ids=lead_ids,
                    source=PREFIX + self.object.name,
                    project=self.object.project_id.id,
                    last_move=f"%{LAST}",
                )
            )
        )


def history_lines(obj):
    """Return the mapping lines of an object that carry stage histories."""
    return obj.mapping_line_ids.filtered(
        lambda line: line.transform == "history"
        and line.fate in ("mapped", "transformed")
        and obj.target
    )
