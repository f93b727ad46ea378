"""Notes and stage changes of one deal, read in the chatter as a person reads them."""

import json

from odoo.tools import html2plaintext

from .common import MigrationCommon


def day(month, number=1):
    return f"2025-{month:02d}-{number:02d}T10:00:00Z"


def lists(**objects):
    return {f"{name}.json": json.dumps(rows) for name, rows in objects.items()}


USERS = [
    {"id": "us_a", "name": "Ana", "email": "ana@practice.example"},
    {"id": "us_x", "name": "Xan Left", "email": "xan@gone.example"},
]
PIPELINES = [{"id": "pl_1", "name": "Sales"}]
STAGES = [
    {"id": f"st_{place}", "pipeline_id": "pl_1", "name": name, "position": place}
    | {"type": "won" if name == "Won" else "open"}
    for place, name in enumerate(("New", "Survey", "Offer", "Won"), 1)
]


def visit(stage, month, user="us_a", **values):
    return {"stage_id": stage, "entered_at": day(month), "user_id": user} | values


def deal(id_, *visits, **values):
    dates = {"created_at": day(1), "updated_at": day(9)}
    place = {"pipeline_id": "pl_1", "stage_id": visits[-1]["stage_id"]}
    facts = {"id": id_, "name": f"Deal {id_}", "status": "open"}
    return dates | place | facts | {"stage_history": list(visits)} | values


def note(id_, deal_id, month, **values):
    when = {"created_at": day(month), "occurred_at": day(month)}
    facts = {"id": id_, "kind": "note", "body": id_, "deal_id": deal_id}
    return when | facts | {"author_user_id": "us_a"} | values


class TestChatterOrder(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        way = [
            visit("st_1", 1),
            visit("st_2", 3, "us_x"),
            visit("st_3", 5, ""),
        ]
        cls.project = cls.migrated(
            lists(
                users=USERS,
                pipelines=PIPELINES,
                stages=STAGES,
                deals=[deal("dl_1", *way), deal("dl_2", *way)],
                activities=[
                    note("late", "dl_1", 6),
                    note("early", "dl_1", 2),
                    note("between", "dl_1", 4),
                    note("other", "dl_2", 7),
                ],
            ),
            preset="road_runner",
        )
        cls.lead = cls.target(cls.project, "deal", "dl_1")

    def chatter(self, lead, user=None):
        """Return what the chatter lists, newest first, as its own controller does."""
        messages = self.env["mail.message"].with_user(user or self.fallback)
        thread = lead.with_user(user or self.fallback)
        found = messages._message_fetch(None, thread=thread)["messages"]
        # tracking values are read by the chatter itself, for nobody may
        return found.sudo()

    def lines(self, lead):
        lines = []
        for message in reversed(self.chatter(lead)):
            values = message.tracking_value_ids._tracking_value_format()
            text = html2plaintext(message.body).strip()
            for value in values:
                text = f"{value['oldValue']} > {value['newValue']}"
            lines.append((text, message.date.month))
        return lines

    def test_notes_and_stage_changes_stand_in_the_order_of_time(self):
        expected = [
            (" > New", 1),
            ("early", 2),
            ("New > Survey", 3),
            ("between", 4),
            ("Survey > Offer", 5),
            ("late", 6),
        ]
        self.assertEqual(self.lines(self.lead), expected)

    def test_a_chatter_that_is_in_order_is_left_alone(self):
        lead = self.target(self.project, "deal", "dl_2")
        months = [month for _text, month in self.lines(lead)]
        self.assertEqual(months, [1, 3, 5, 7])

    def test_who_moved_the_deal_signs_the_change(self):
        moves = self.chatter(self.lead).filtered("tracking_value_ids").sorted("date")
        self.assertEqual(moves[0].author_id, self.ana.partner_id)
        self.assertFalse(moves[1].author_id, "Xan has no user in Odoo")
        self.assertIn("xan@gone.example", moves[1].email_from)
        self.assertFalse(moves[2].author_id, "the source does not say who")

    def test_a_change_looks_like_one_that_odoo_logs_itself(self):
        move = self.chatter(self.lead).filtered("tracking_value_ids")[0]
        self.assertEqual(move.message_type, "notification")
        self.assertEqual(move.subtype_id, self.env.ref("crm.mt_lead_stage"))
        value = move.tracking_value_ids._tracking_value_format()[0]
        self.assertEqual(value["fieldInfo"]["changedField"], "Stage")

    def test_later_notes_find_their_place_among_the_changes(self):
        before = self.env["mail.message"].search_count([])
        spent = dict(self.lead.duration_tracking)
        self.stage(
            self.project,
            lists(activities=[note("found later", "dl_1", 3, occurred_at=day(3, 9))]),
            name="newer.zip",
        )
        self.load(self.project)
        texts = [text for text, _month in self.lines(self.lead)]
        self.assertLess(texts.index("found later"), texts.index("Survey > Offer"))
        self.assertEqual(self.env["mail.message"].search_count([]), before + 1)
        self.lead.invalidate_recordset()
        self.assertEqual(dict(self.lead.duration_tracking), spent)
        self.assertTrue(self.book(self.project, "Deals: Stage History").is_balanced)

    def test_an_undone_migration_leaves_no_message(self):
        self.project.action_rollback(background=False)
        gone = [("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        self.assertFalse(self.lead.exists())
        self.assertFalse(self.env["mail.message"].search_count(gone))
