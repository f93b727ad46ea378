"""Stage histories that are odd, that change at the source, and that are undone."""

from datetime import datetime

from odoo.tools import SQL

from .common import MigrationCommon
from .test_chatter_order import PIPELINES, STAGES, USERS, day, deal, lists, visit

OTHER = [{"id": "pl_2", "name": "Service"}]
OTHER_STAGES = [{"id": "st_9", "pipeline_id": "pl_2", "name": "Inquiry", "position": 1}]


def moment(month, number=1):
    return datetime(2025, month, number, 10)


class HistoryCase(MigrationCommon):
    def got(self, external_id):
        return self.target(self.project, "deal", external_id)

    def moves(self, external_id):
        """Return ``[(from, to, when)]`` as the chatter tells it, oldest first."""
        found = self.env["mail.tracking.value"].search(
            [
                ("mail_message_id.model", "=", "crm.lead"),
                ("mail_message_id.res_id", "=", self.got(external_id).id),
                ("field_id.name", "=", "stage_id"),
            ],
            order="id",
        )
        return [
            (value.old_value_char, value.new_value_char, value.create_date)
            for value in found
        ]

    def seconds(self, external_id, stage):
        """Return the time that Odoo says the deal spent in a stage of the source."""
        lead = self.got(external_id)
        lead.invalidate_recordset()
        stage = self.target(self.project, "stage", stage)
        return lead.duration_tracking.get(str(stage.id))

    def reported(self, external_id, word):
        found = self.findings(self.project, "history", external_id=external_id)
        return found.filtered(lambda item: word in item.message)

    def newer(self, *deals):
        self.stage(self.project, lists(deals=list(deals)), name="newer.zip")
        self.load(self.project)


class TestHistoryRules(HistoryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            lists(
                users=USERS,
                pipelines=PIPELINES + OTHER,
                stages=STAGES + OTHER_STAGES,
                deals=[
                    deal("backwards", visit("st_2", 4), visit("st_1", 2))
                    | {"stage_id": "st_2"},
                    deal(
                        "gone", visit("st_1", 2), visit("st_old", 3), visit("st_2", 5)
                    ),
                    deal("moved", visit("st_9", 2), visit("st_1", 4)),
                    deal("ends", visit("st_1", 2), visit("st_2", 4, left_at=day(6)))
                    | {"stage_id": "st_3"},
                    deal("undated", visit("st_1", 2, left_at=day(3)))
                    | {
                        "stage_id": "st_3",
                        "stage_history": [
                            visit("st_1", 2, left_at=day(3)),
                            visit("st_2", 1) | {"entered_at": ""},
                            visit("st_3", 6),
                        ],
                    },
                    deal("early", visit("st_1", 2), visit("st_2", 4))
                    | {"created_at": day(3)},
                    deal("gap", visit("st_1", 2, left_at=day(3)), visit("st_2", 4)),
                    deal("tie", visit("st_1", 2), visit("st_2", 2), visit("st_3", 2)),
                    deal("back", visit("st_1", 2), visit("st_2", 3), visit("st_1", 5)),
                    deal("nameless", visit("st_1", 2))
                    | {"stage_history": [{"entered_at": day(2)}, visit("st_1", 3)]},
                    deal("none", visit("st_1", 2)) | {"stage_history": []},
                    deal("broken", visit("st_1", 2)) | {"stage_history": "soon"},
                ],
            ),
            preset="road_runner",
        )

    def test_a_history_that_begins_with_the_newest_is_read_from_the_oldest(self):
        expected = [("", "New", moment(2)), ("New", "Survey", moment(4))]
        self.assertEqual(self.moves("backwards"), expected)
        self.assertFalse(
            self.findings(self.project, "history", external_id="backwards")
        )

    def test_a_stage_that_is_gone_keeps_its_name_and_takes_no_time_of_others(self):
        expected = [
            ("", "New", moment(2)),
            ("New", "st_old", moment(3)),
            ("st_old", "Survey", moment(5)),
        ]
        self.assertEqual(self.moves("gone"), expected)
        month = (moment(3) - moment(2)).total_seconds()
        self.assertEqual(self.seconds("gone", "st_1"), month)
        self.assertTrue(self.reported("gone", "no such stage"))

    def test_a_stage_of_another_pipeline_is_that_stage(self):
        self.assertEqual(self.moves("moved")[0], ("", "Inquiry", moment(2)))
        spent = (moment(4) - moment(2)).total_seconds()
        self.assertEqual(self.seconds("moved", "st_9"), spent)

    def test_a_history_that_ends_elsewhere_is_continued_to_the_present_stage(self):
        self.assertEqual(self.moves("ends")[-1], ("Survey", "Offer", moment(6)))
        self.assertEqual(self.got("ends").date_last_stage_update, moment(6))
        self.assertTrue(self.reported("ends", "ends in another stage"))

    def test_a_visit_without_a_moment_begins_when_the_one_before_ended(self):
        whens = [when for _old, _new, when in self.moves("undated")]
        self.assertEqual(whens, [moment(2), moment(3), moment(6)])
        self.assertTrue(self.reported("undated", "No moment"))

    def test_a_visit_before_the_deal_was_created_counts_and_is_reported(self):
        spent = (moment(4) - moment(2)).total_seconds()
        self.assertEqual(self.seconds("early", "st_1"), spent)
        self.assertEqual(self.got("early").create_date, moment(3))
        self.assertTrue(self.reported("early", "before the deal was created"))

    def test_a_stage_lasts_until_the_next_begins(self):
        spent = (moment(4) - moment(2)).total_seconds()
        self.assertEqual(self.seconds("gap", "st_1"), spent)
        self.assertTrue(self.reported("gap", "until the next one begins"))

    def test_equal_moments_stay_in_the_order_of_the_list(self):
        names = [new for _old, new, _when in self.moves("tie")]
        self.assertEqual(names, ["New", "Survey", "Offer"])
        self.assertEqual(self.seconds("tie", "st_1"), 0)

    def test_a_stage_that_was_entered_twice_has_the_time_of_both(self):
        now = self.env.cr.now()
        spent = (moment(3) - moment(2) + (now - moment(5))).total_seconds()
        self.assertAlmostEqual(self.seconds("back", "st_1"), spent, delta=1)

    def test_a_visit_without_a_stage_is_reported_and_counted_as_failed(self):
        self.assertEqual(self.moves("nameless"), [("", "New", moment(3))])
        found = self.findings(self.project, "unreadable", external_id="nameless")
        self.assertIn("no stage", found.message)
        book = self.book(self.project, "Deals: Stage History")
        self.assertTrue(book.is_balanced)
        self.assertGreaterEqual(book.failed_count, 1)

    def test_without_a_history_nothing_is_invented(self):
        lead = self.got("none")
        self.assertEqual(self.moves("none"), [])
        self.assertEqual(lead.date_last_stage_update, moment(1))
        now = self.env.cr.now()
        spent = (now - moment(1)).total_seconds()
        self.assertAlmostEqual(self.seconds("none", "st_1"), spent, delta=1)

    def test_an_unreadable_history_costs_the_history_only(self):
        self.assertEqual(self.moves("broken"), [])
        self.assertTrue(self.findings(self.project, "unreadable", external_id="broken"))


class TestHistoryChanges(HistoryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.content()
        cls.way = [visit("st_1", 2), visit("st_2", 3, "us_x")]
        cls.project = cls.migrated(
            lists(
                users=USERS,
                pipelines=PIPELINES,
                stages=STAGES,
                deals=[deal("dl_1", *cls.way), deal("dl_2", *cls.way)],
            ),
            preset="road_runner",
        )

    @classmethod
    def content(cls):
        """Return what the tables hold that a history is written into."""
        cls.env.flush_all()
        return {
            table: cls.env.execute_query(
                SQL(
                    "SELECT md5(jsonb_strip_nulls(to_jsonb(t))::text)"
                    " FROM %s t ORDER BY 1",
                    SQL.identifier(table),
                )
            )
            for table in ("crm_lead", "mail_message", "mail_tracking_value")
        }

    def ids(self):
        return self.env["mail.tracking.value"].search([], order="id").ids

    def test_an_unchanged_source_writes_nothing(self):
        content = self.content()
        self.newer(deal("dl_1", *self.way), deal("dl_2", *self.way))
        self.assertEqual(self.content(), content)

    def test_a_later_move_adds_that_move_only(self):
        known = self.ids()
        self.newer(deal("dl_1", *self.way, visit("st_3", 5), updated_at=day(10)))
        self.assertEqual(self.got("dl_1").stage_id.name, "Offer")
        self.assertEqual(self.got("dl_1").date_last_stage_update, moment(5))
        self.assertEqual(self.moves("dl_1")[-1], ("Survey", "Offer", moment(5)))
        self.assertEqual(len(self.moves("dl_1")), 3)
        self.assertEqual(self.ids()[: len(known)], known)
        self.assertBucket(self.project, "deal", "dl_1", "updated")
        self.assertTrue(self.book(self.project, "Deals: Stage History").is_balanced)

    def test_a_history_that_was_corrected_is_corrected(self):
        way = [visit("st_1", 2), visit("st_3", 3), visit("st_2", 6)]
        self.newer(deal("dl_1", *way, updated_at=day(10)))
        expected = [
            ("", "New", moment(2)),
            ("New", "Offer", moment(3)),
            ("Offer", "Survey", moment(6)),
        ]
        self.assertEqual(self.moves("dl_1"), expected)

    def test_who_moved_it_in_odoo_has_the_last_word(self):
        self.a_day_passes()
        lead = self.got("dl_1")
        won = self.target(self.project, "stage", "st_4")
        lead.with_user(self.manager).with_context(tracking_disable=True).stage_id = won
        self.newer(deal("dl_1", *self.way, visit("st_3", 5), updated_at=day(10)))
        self.assertEqual(lead.stage_id, won)
        self.assertEqual(len(self.moves("dl_1")), 2)
        kept = self.findings(self.project, "kept_edit", external_id="dl_1")
        self.assertIn("stage_history", kept.mapped("field"))
        self.assertTrue(self.book(self.project, "Deals: Stage History").is_balanced)

    def test_a_file_without_the_history_does_not_take_it_back(self):
        plain = deal("dl_1", *self.way, updated_at=day(10))
        del plain["stage_history"]
        self.newer(plain)
        self.assertEqual(len(self.moves("dl_1")), 2)

    def test_undone_the_tables_are_as_before(self):
        self.newer(deal("dl_1", *self.way, visit("st_3", 5), updated_at=day(10)))
        self.assertNotEqual(self.content(), self.before)
        self.project.action_rollback(background=False)
        self.assertEqual(self.content(), self.before)
