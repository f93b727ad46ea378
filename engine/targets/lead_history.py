"""Stage changes in the chatter, dated and signed as the source says."""

from dataclasses import dataclass
from datetime import datetime

from odoo import fields
from odoo.tools import SQL

from ..inserts import insert_rows
from ..keys import REPEAT_MARK
from ..map.history import arrange, odd_visits
from ..map.transforms import find_owner
from ..undo.change_book import add_links, note_new_history
from .chatter import PREFIX, date_messages

#: How the crosswalk calls the move that ends a history which the source left open.
LAST = f"{REPEAT_MARK}last"


@dataclass(frozen=True)
class Move:
    """One stage change; a stage that Odoo does not have is id 0 with its name."""

    moment: datetime
    old: tuple
    new: tuple
    author: tuple
    place: int
    body: str = ""

    @property
    def key(self):
        """What tells whether the move was written before."""
        return f"{self.moment} {self.old} {self.new} {self.author[0] or ''}"


class LeadHistory:
    """Writes the stages of the source as tracking values.

    That is where Odoo reads the time in each stage from. Each visit of the source is
    one message: entering its stage, from the stage before, from none at first. So the
    time in a stage is the source's, whatever the record's creation date.
    """

    def __init__(self, target, stages, pipelines):
        self.target = target
        self.env = target.env
        self.project = target.project
        self._stages = stages
        self._pipelines = pipelines
        self._written = {}
        self._source = PREFIX + target.mapper.object.name
        self._domain = target.project._message_domain()
        note = self.env.ref("mail.mt_note").id
        self._subtypes = {
            word: self.env["ir.model.data"]._xmlid_to_res_id(f"crm.mt_lead_{word}")
            or note
            for word in ("create", "stage", "won", "lost")
        }

    # -- what is to be written -------------------------------------------------

    def moves(self, mapped, vals):
        """Return the moves of one deal and note what the source leaves open."""
        visits = mapped.pop("_stage_history") or []
        created = vals.get("x_source_created_on")
        arranged = arrange(visits, created)
        for reason, odd in odd_visits(
            visits, arranged, created, fields.Datetime.now()
        ).items():
            self._report(mapped, self._messages(reason), odd)
        moves, old = [], (0, "")
        for visit in arranged:
            new = self._stage(mapped, visit)
            author = self._author(visit.user)
            moves.append(Move(visit.entered, old, new, author, len(moves)))
            old = new
        if moves and old[0] != vals["stage_id"]:
            move = self._last_move(mapped, vals, arranged[-1], old, len(moves))
            moves.append(move)
        return moves

    def _messages(self, reason):
        return {
            "undated": self.env._(
                "No moment in the history: taken from the stages around it."
            ),
            "early": self.env._("In the history before the deal was created."),
            "future": self.env._("In the history with a moment still to come."),
            "gap": self.env._(
                "Left at another moment than the next stage begins: Odoo counts a "
                "stage until the next one begins."
            ),
        }[reason]

    def _report(self, mapped, message, visits):
        for visit in visits:
            self.target.remark(
                mapped, "_stage_history", message, "history", visit.stage
            )

    def _stage(self, mapped, visit):
        """Return ``(id, name)`` of a stage; id 0 for one that Odoo does not have."""
        pipelines = (mapped.pop("_pipeline"), mapped.pop("_pipeline_name"))
        key = self._pipelines.stage(pipelines, [visit.stage])
        found = self.target.mapper.schema_id("stage", key)
        if found in self._stages:
            return found, self._stages[found]["name"]
        message = self.env._(
            "Odoo has no such stage: it is kept in the history by name."
        )
        self._report(mapped, message, [visit])
        return 0, self._pipelines.stages.get(key, {}).get("name") or visit.stage

    def _last_move(self, mapped, vals, visit, old, place):
        """The move into the present stage, where the history ends in another one."""
        known = (visit.left, vals.get("date_closed"), vals.get("x_source_updated_on"))
        moment = next((day for day in known if day and day >= visit.entered), None)
        message = self.env._(
            "The history of the source ends in another stage than the present one."
        )
        self._report(mapped, message, [visit])
        new = (vals["stage_id"], self._stages[vals["stage_id"]]["name"])
        author = self._author("")
        return Move(moment or visit.entered, old, new, author, place, message)

    def _author(self, text):
        """Return ``(contact, shown)`` of who moved the deal, as far as it is said."""
        owner = find_owner(self.target.mapper, text) if text else None
        if owner and owner.user_id:
            partner = owner.user_id.partner_id
            return partner.id, partner.email_formatted
        known = owner and (owner.email or owner.name)
        company = self.project.company_id
        return False, known or company.email_formatted or company.name

    # -- writing ---------------------------------------------------------------

    def write(self, pairs):
        """Write the moves of new deals; ``pairs`` are ``(record, mapped)``."""
        rows = [
            (record, mapped.record.external_id, move)
            for record, mapped in pairs
            for move in mapped.pop("moves") or ()
        ]
        self._insert(rows)

    def prefetch(self, mapped_list):
        """Read in one go what was written of the deals that are known."""
        ids = list(filter(None, (m.pop("loaded_id") for m in mapped_list)))
        rows = self.env.execute_query(
            SQL(
                "SELECT message.res_id, link.id, link.content_hash"
                " FROM mail_message message JOIN migration_crosswalk link"
                " ON link.res_model = 'mail.message' AND link.res_id = message.id"
                " WHERE message.model = 'crm.lead' AND message.res_id = ANY(%s)"
                " AND link.project_id = %s AND link.source_object = %s"
                " ORDER BY link.id",
                ids,
                self.project.id,
                self._source,
            )
        )
        self._written = {}
        for res_id, link_id, key in rows if ids else ():
            self._written.setdefault(res_id, []).append((link_id, key))

    def is_new(self, record, mapped, edited):
        """Return whether the source says other moves than those that were written.

        A newer file without the history does not take it back, and a person who moved
        the opportunity in Odoo has the last word.
        """
        moves = mapped.pop("moves") or ()
        keys = [key for _link, key in self._written.get(record.id, ())]
        if not moves or [move.key for move in moves] == keys:
            return False
        if "stage_id" in edited:
            message = self.env._("Moved in Odoo meanwhile: its history is kept.")
            self.target.remark(mapped, "_stage_history", message, "kept_edit")
            return False
        return True

    def follow(self, record, mapped):
        """Bring the moves of a known deal up to the source.

        What was written and still holds stays; from the first difference on, the
        moves are written anew, for Odoo reads them in the order of their ids.
        """
        moves, written = mapped.pop("moves"), self._written.get(record.id, [])
        same = 0
        for (_link, key), move in zip(written, moves, strict=False):
            if key != move.key:
                break
            same += 1
        stale = self.env["migration.crosswalk"].browse(
            [link for link, _key in written[same:]]
        )
        if stale:
            note_new_history(self.target.own_link(record))
        self.env["mail.message"].browse(stale.mapped("res_id")).unlink()
        stale.unlink()
        external_id = mapped.record.external_id
        self._insert([(record, external_id, move) for move in moves[same:]])

    def _insert(self, rows):
        """Create message, tracking value and crosswalk row of each move."""
        if not rows:
            return
        messages = self.env["mail.message"].create(
            [self._message(*row) for row in rows]
        )
        date_messages(self.project, messages)
        field = self.env["ir.model.fields"]._get("crm.lead", "stage_id")
        insert_rows(
            self.env["mail.tracking.value"],
            [
                {
                    "mail_message_id": message.id,
                    "field_id": field.id,
                    "old_value_integer": move.old[0],
                    "old_value_char": move.old[1],
                    "new_value_integer": move.new[0],
                    "new_value_char": move.new[1],
                    # Odoo reads the time in a stage from this date
                    "create_date": move.moment,
                }
                for message, (_record, _id, move) in zip(messages, rows, strict=True)
            ],
        )
        messages.invalidate_recordset(["tracking_value_ids"])
        self._link(
            messages, [(external_id, move) for _record, external_id, move in rows]
        )

    def _link(self, messages, moves):
        names = [
            f"{id_}{LAST}" if move.body else f"{id_}{REPEAT_MARK}{move.place}"
            for id_, move in moves
        ]
        links = self.env["migration.crosswalk"]
        # a message that somebody deleted leaves its row behind
        links.search(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=", self._source),
                ("external_id", "in", names),
            ]
        ).unlink()
        add_links(
            self.env,
            [
                {
                    "project_id": self.project.id,
                    "company_id": self.project.company_id.id,
                    "source_object": self._source,
                    "external_id": name,
                    "res_model": "mail.message",
                    "res_id": message.id,
                    "origin": "created",
                    "content_hash": move.key,
                }
                for message, name, (_id, move) in zip(
                    messages, names, moves, strict=True
                )
            ],
        )

    def _message(self, record, _external_id, move):
        author, shown = move.author
        return {
            "model": record._name,
            "res_id": record.id,
            "message_type": "notification",
            "subtype_id": self._subtype(move),
            "date": move.moment,
            "author_id": author,
            # given, so that Odoo does not work them out for each message
            "email_from": shown,
            "reply_to": shown,
            "message_id": f"<stage-{record.id}-{move.place}@{self._domain}>",
            "body": move.body,
        }

    def _subtype(self, move):
        """Return the subtype that Odoo itself gives to such a change."""
        facts = self._stages.get(move.new[0], {})
        if move.place == 0:
            return self._subtypes["create"]
        if facts.get("is_won"):
            return self._subtypes["won"]
        return self._subtypes["lost" if facts.get("is_lost") else "stage"]
