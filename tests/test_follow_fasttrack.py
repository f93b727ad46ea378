"""FastTrack is followed: records, their relations and their history."""

from odoo.tests import tagged

from odoo.addons.crm_migration.samples.servers.common import opaque

from .fasttrack_case import COMPANY, OTHER_COMPANY, FastTrackCase, associated


@tagged("post_install", "-at_install")
class TestFollowFastTrack(FastTrackCase):
    """Both sides change the same records."""

    # -- records ----------------------------------------------------------------

    def test_only_what_changed_is_asked_for_and_loaded(self):
        key = self.an("contact", lambda row: row["email"])
        self.store.update("contact", key, job_title="Archivist")
        self.pick_up()
        self.assertEqual(self.got("contact", key).function, "Archivist")
        runs = self.project.run_ids.filtered("is_pickup")
        load = runs.filtered(lambda run: run.kind == "load")
        self.assertLess(load.processed, 10)
        self.assertIn("updated: 1", self.project.last_pickup_result)
        self.assertSound()

    def test_a_new_contact_of_a_new_company_comes_with_it(self):
        company = self.store.create("company", name="Fresh SAS", domain="fresh.example")
        node = {"id": company, "name": "Fresh SAS"}
        contact = self.store.create(
            "contact",
            full_name="Nora New",
            email="nora@fresh.example",
            company=node,
            companies=[],
        )
        self.pick_up()
        self.assertEqual(
            self.got("contact", contact).parent_id, self.got("company", company)
        )
        self.assertSound()

    def test_another_owner_there_is_another_salesperson_here(self):
        key = self.an("deal", lambda row: row["status"] == "OPEN")
        deal = self.got("deal", key)
        user = self.ravi if deal.user_id == self.ana else self.ana
        owner = self.project.owner_ids.filtered(lambda one: one.user_id == user)[0]
        opened = deal.date_open
        self.store.update("deal", key, owner={"id": owner.key, "email": owner.email})
        self.pick_up()
        self.assertEqual(deal.user_id, user)
        self.assertEqual(deal.date_open, opened)
        self.assertSound()

    def test_a_salesperson_that_somebody_chose_here_is_asked_about(self):
        key = self.an("deal", lambda row: row["status"] == "OPEN")
        deal = self.got("deal", key)
        self.edit(deal, user_id=self.manager.id)
        user = self.project.owner_ids.filtered(
            lambda one: (
                one.user_id and one.key != self.store.get("deal", key)["owner"]["id"]
            )
        )[0]
        self.store.update("deal", key, owner={"id": user.key, "email": user.email})
        self.pick_up()
        self.assertEqual(deal.user_id, self.manager)
        self.assertIn("user_id", self.conflicts(key))

    def test_a_contact_that_moved_to_another_company_stands_under_it(self):
        key = self.an(
            "contact", lambda row: row["company"] and len(row["companies"]) == 1
        )
        contact = self.got("contact", key)
        other = next(
            one
            for one in (COMPANY, OTHER_COMPANY)
            if self.got("company", one) != contact.parent_id
        )
        link = [{"is_primary": True, "labels": ["Employee"], "node": {"id": other}}]
        name = self.store.get("company", other)["name"]
        self.store.update(
            "contact", key, company={"id": other, "name": name}, companies=link
        )
        self.pick_up()
        self.assertEqual(contact.parent_id, self.got("company", other))
        self.assertSound()

    def test_a_company_that_somebody_chose_here_is_asked_about(self):
        key = self.an("contact", lambda row: row["company"])
        contact = self.got("contact", key)
        own = self.env["res.partner"].create({"name": "Own", "is_company": True})
        self.edit(contact, parent_id=own.id)
        self.store.update("contact", key, company={"id": COMPANY, "name": "x"})
        self.pick_up()
        self.assertEqual(contact.parent_id, own)
        self.assertIn("parent_id", self.conflicts(key))

    def test_a_contact_that_left_its_company_stands_alone(self):
        key = self.an(
            "contact", lambda row: row["company"] and len(row["companies"]) == 1
        )
        self.store.update("contact", key, company=None, companies=[])
        self.pick_up()
        self.assertFalse(self.got("contact", key).parent_id)
        self.assertSound()

    def test_a_deal_of_another_company_and_contact(self):
        key = self.an("deal", lambda row: row["primary_contact"])
        row = self.store.get("deal", key)
        contact = self.an(
            "contact", lambda one: one["id"] != row["primary_contact"]["id"]
        )
        node = {"id": contact}
        self.store.update(
            "deal",
            key,
            primary_contact=node,
            contacts=[{"labels": ["Champion"], "is_primary": True, "node": node}],
        )
        self.pick_up()
        self.assertEqual(self.got("deal", key).partner_id, self.got("contact", contact))
        self.assertSound()

    def moved(self, row):
        """Return the row's pipeline and stage after it went to the other pipeline."""
        other = opaque("Pipe", 1 if row["pipeline"]["id"] == opaque("Pipe", 2) else 2)
        pipeline = self.store.get("pipeline", other)
        stage = pipeline["stages"][1]
        return {
            "pipeline": {"id": other, "name": pipeline["name"]},
            "stage": {"id": stage["id"], "name": stage["name"]},
            "probability": stage["probability"],
            "stage_history": [
                *row["stage_history"],
                {"stage_id": stage["id"], "entered_at": "2026-11-20T10:00:00Z"},
            ],
        }

    def test_a_deal_that_went_to_another_pipeline_changes_team_and_stage(self):
        key = self.an("deal", lambda row: row["status"] == "OPEN")
        row = self.store.get("deal", key)
        values = self.moved(row)
        self.store.update("deal", key, **values)
        self.pick_up()
        deal = self.got("deal", key)
        self.assertEqual(deal.team_id.name, values["pipeline"]["name"])
        self.assertEqual(deal.stage_id.name, values["stage"]["name"])
        self.assertIn(str(deal.stage_id.id), deal.duration_tracking)
        self.assertSound()

    def test_a_deal_that_somebody_moved_here_is_asked_about_as_a_whole(self):
        key = self.an("deal", lambda row: row["status"] == "OPEN")
        deal = self.got("deal", key)
        stages = self.env["crm.stage"].search([("team_ids", "in", deal.team_id.ids)])
        mine = (stages - deal.stage_id).filtered(lambda stage: not stage.is_won)[0]
        team = deal.team_id
        self.edit(deal, stage_id=mine.id)
        self.store.update("deal", key, **self.moved(self.store.get("deal", key)))
        self.pick_up()
        self.assertEqual((deal.stage_id, deal.team_id), (mine, team))
        row = self.conflicts(key)["stage_id"]
        self.assertIn("team_id", row.source_values)
        row.with_user(self.manager).action_take_source()
        self.env.invalidate_all()
        self.assertNotEqual(deal.team_id, team)
        self.assertBalanced()

    def test_a_stage_that_is_new_waits_for_its_place_and_then_goes_on(self):
        key = self.an("deal", lambda row: row["status"] == "OPEN")
        row = self.store.get("deal", key)
        pipeline = self.store.get("pipeline", row["pipeline"]["id"])
        stage = dict(pipeline["stages"][0]) | {
            "id": opaque("Stage", 900),
            "name": "Legal",
            "position": 9,
        }
        self.store.update(
            "pipeline", pipeline["id"], stages=[*pipeline["stages"], stage]
        )
        ref = {"id": stage["id"], "name": "Legal"}
        self.store.update("deal", key, stage=ref)
        self.pick_up()
        self.assertBucket(self.project, "deal", key, "failed")
        self.apply_schema(self.project)
        self.pick_up()
        self.assertEqual(self.got("deal", key).stage_id.name, "Legal")
        self.assertBalanced()

    # -- tags -------------------------------------------------------------------

    def given_a_deal_with_tags(self):
        self.key = self.an("deal", lambda row: row["tags"])
        self.deal = self.got("deal", self.key)
        self.had = self.store.get("deal", self.key)["tags"]

    def names(self):
        return set(self.deal.tag_ids.mapped("name"))

    def test_the_source_adds_and_takes_away(self):
        self.given_a_deal_with_tags()
        self.store.update("deal", self.key, tags=["renewal", "board"])
        self.pick_up()
        self.assertEqual(self.names(), {"renewal", "board"})
        self.store.update("deal", self.key, tags=[])
        self.pick_up()
        self.assertFalse(self.names())
        self.assertSound()

    def test_what_a_person_tagged_stays(self):
        self.given_a_deal_with_tags()
        own = self.env["crm.tag"].create({"name": "Ours"})
        self.edit(self.deal, tag_ids=[(4, own.id)])
        self.store.update("deal", self.key, tags=["board"])
        self.pick_up()
        self.assertEqual(self.names(), {"board", "Ours"})
        self.store.update("deal", self.key, tags=[])
        self.pick_up()
        self.assertEqual(self.names(), {"Ours"})
        self.assertFalse(self.conflicts(self.key))

    def test_what_a_person_took_away_does_not_come_back(self):
        self.given_a_deal_with_tags()
        self.edit(self.deal, tag_ids=[(5,)])
        extra = next(word for word in ("board", "q4", "hot") if word not in self.had)
        self.store.update("deal", self.key, tags=[*self.had, extra])
        self.pick_up()
        self.assertEqual(self.names(), {extra})

    def test_a_word_that_is_new_at_the_source_is_made(self):
        self.given_a_deal_with_tags()
        self.store.update("deal", self.key, tags=[*self.had, "Black Friday"])
        self.pick_up()
        self.assertEqual(self.names(), {*self.had, "Black Friday"})
        self.assertSound()
        tag = self.deal.tag_ids.filtered(lambda one: one.name == "Black Friday")
        self.project.action_rollback(background=False)
        self.assertFalse(tag.exists())

    def test_new_words_of_other_fields_are_made_as_well(self):
        self.given_a_deal_with_tags()
        lead = self.an("lead", lambda row: not row["converted_deal"])
        self.store.update("lead", lead, source="Podcast", campaign="Spring")
        lost = self.an("deal", lambda row: row["status"] == "LOST")
        self.store.update("deal", lost, lost_reason="Bankrupt")
        company = self.an("company", lambda row: row["industry"])
        self.store.update("company", company, industry="Forestry", tags=["Timber"])
        self.pick_up()
        record = self.got("lead", lead)
        self.assertEqual(record.source_id.name, "Podcast")
        self.assertEqual(record.campaign_id.name, "Spring")
        self.assertEqual(self.got("deal", lost).lost_reason_id.name, "Bankrupt")
        partner = self.got("company", company)
        self.assertEqual(partner.industry_id.name, "Forestry")
        self.assertEqual(partner.category_id.mapped("name"), ["Timber"])
        self.assertSound()

    # -- links to several records -----------------------------------------------

    def given_a_deal_with_people(self):
        self.key = self.an("deal", lambda row: 2 <= len(row["contacts"]) <= 3)
        self.deal = self.got("deal", self.key)
        self.links = self.store.get("deal", self.key)["contacts"]
        known = {link["node"]["id"] for link in self.links}
        self.other = self.an("contact", lambda row: row["id"] not in known)

    def people(self):
        return self.deal.x_associated_contact_ids

    def partners_of(self, links):
        return self.env["res.partner"].union(
            *(self.got("contact", link["node"]["id"]) for link in links)
        )

    def test_the_source_links_and_unlinks(self):
        self.given_a_deal_with_people()
        new = {"labels": ["Champion"], "is_primary": False, "node": {"id": self.other}}
        self.store.update("deal", self.key, contacts=[*self.links, new])
        self.pick_up()
        self.assertIn(self.got("contact", self.other), self.people())
        self.store.update("deal", self.key, contacts=self.links[:1])
        self.pick_up()
        self.assertNotIn(self.got("contact", self.other), self.people())
        self.assertSound()

    def test_whom_a_person_added_stays(self):
        self.given_a_deal_with_people()
        own = self.env["res.partner"].create({"name": "Own"})
        self.edit(self.deal, x_associated_contact_ids=[(4, own.id)])
        new = {"labels": [], "is_primary": False, "node": {"id": self.other}}
        self.store.update("deal", self.key, contacts=[*self.links, new])
        self.pick_up()
        self.assertLessEqual(
            own | self.got("contact", self.other) | self.partners_of(self.links[1:]),
            self.people() | self.deal.partner_id,
        )
        self.assertFalse(self.conflicts(self.key))

    def test_a_label_that_changes_is_shown(self):
        self.given_a_deal_with_people()
        links = [dict(link, labels=["Decision Maker"]) for link in self.links]
        self.store.update("deal", self.key, contacts=links)
        self.pick_up()
        self.assertIn("Decision Maker", self.deal.x_contact_roles)
        self.assertNotIn("Champion", self.deal.x_contact_roles)
        self.assertSound()

    # -- the stages that a deal went through ------------------------------------

    def given_a_deal_on_its_way(self):
        self.key = self.an("deal", self.is_on_its_way)
        self.deal = self.got("deal", self.key)
        row = self.store.get("deal", self.key)
        self.history = row["stage_history"]
        self.stages = self.store.get("pipeline", row["pipeline"]["id"])["stages"]

    def is_on_its_way(self, row):
        stages = self.store.get("pipeline", row["pipeline"]["id"])["stages"]
        here = [one for one in stages if one["id"] == row["stage"]["id"]][0]
        return row["status"] == "OPEN" and here["position"] == 2

    def go_on(self, stage, moment="2026-11-20T10:00:00Z", **values):
        visit = {"stage_id": stage["id"], "entered_at": moment}
        self.store.update(
            "deal",
            self.key,
            stage={"id": stage["id"], "name": stage["name"]},
            probability=stage["probability"],
            stage_history=[*self.history, visit],
            **values,
        )

    def moves(self):
        values = self.env["mail.tracking.value"].search(
            [
                ("mail_message_id.model", "=", "crm.lead"),
                ("mail_message_id.res_id", "=", self.deal.id),
                ("field_id.name", "=", "stage_id"),
            ],
            order="id",
        )
        return [value.new_value_char for value in values]

    def test_a_stage_entered_since_is_one_more_move_on_its_own_day(self):
        self.given_a_deal_on_its_way()
        before = self.moves()
        self.go_on(self.stages[2])
        self.pick_up()
        self.assertEqual(self.moves(), [*before, self.stages[2]["name"]])
        self.assertEqual(str(self.deal.date_last_stage_update), "2026-11-20 10:00:00")
        self.assertSound()

    def test_a_stage_that_the_source_takes_out_of_the_history_is_gone(self):
        self.given_a_deal_on_its_way()
        before = self.moves()
        self.store.update("deal", self.key, stage_history=self.history[1:])
        self.pick_up()
        self.assertEqual(self.moves(), before[1:])
        self.assertSound()

    def test_a_deal_won_since_is_won_on_that_day(self):
        self.given_a_deal_on_its_way()
        won = next(stage for stage in self.stages if stage["category"] == "WON")
        self.go_on(won, status="WON", closed_at="2026-11-20T10:00:00Z")
        self.pick_up()
        self.assertEqual(self.deal.won_status, "won")
        self.assertEqual(str(self.deal.date_closed), "2026-11-20 10:00:00")
        self.assertSound()

    def test_a_deal_that_a_person_moved_keeps_its_history(self):
        self.given_a_deal_on_its_way()
        stage = self.env["crm.stage"].search(
            [("team_ids", "in", self.deal.team_id.ids), ("is_won", "=", False)]
        )
        self.edit(self.deal, stage_id=(stage - self.deal.stage_id)[-1].id)
        before = self.moves()
        self.go_on(self.stages[0])
        self.pick_up()
        self.assertEqual(self.moves(), before)
        self.assertIn("stage_id", self.conflicts(self.key))
        self.conflicts(self.key)["stage_id"].with_user(
            self.manager
        ).action_take_source()
        self.env.invalidate_all()
        self.assertEqual(self.moves()[-1], self.stages[0]["name"])
        self.assertEqual(self.deal.stage_id.name, self.stages[0]["name"])

    # -- leads that become deals after both -------------------------------------

    def given_a_lead_with_a_note(self):
        self.key = self.an(
            "lead",
            lambda row: not row["converted_deal"] and row["status"] == "WORKING",
        )
        self.lead = self.got("lead", self.key)
        self.note = self.store.create(
            "activity",
            self.store.get("activity", self.an_activity("NOTE")),
            associations=associated("lead", self.key),
            subject="Of the lead",
        )
        self.pick_up()
        self.a_day_passes()

    def every_lead(self):
        leads = self.env["crm.lead"].with_context(active_test=False)
        return leads.search_count([])

    def convert(self, deal):
        self.store.update(
            "lead",
            self.key,
            status="CONVERTED",
            converted_deal={"id": deal},
            converted_at="2026-11-20T10:00:00Z",
        )

    def test_a_lead_whose_deal_is_new_becomes_that_deal(self):
        self.given_a_lead_with_a_note()
        before = self.every_lead()
        deal = self.store.create("deal", name="From a lead", contacts=[])
        self.convert(deal)
        self.pick_up()
        self.assertEqual(self.got("deal", deal), self.lead)
        self.assertEqual(self.got("lead", self.key), self.lead)
        self.assertEqual(self.lead.type, "opportunity")
        self.assertEqual(self.every_lead(), before)
        message = self.got("activity", self.note)
        self.assertEqual(message.res_id, self.lead.id)
        self.assertSound()

    def test_what_the_deal_says_later_reaches_the_record(self):
        self.given_a_lead_with_a_note()
        deal = self.store.create("deal", name="From a lead", contacts=[])
        self.convert(deal)
        self.pick_up()
        self.a_day_passes()
        self.store.update("deal", deal, name="A better name")
        self.pick_up()
        self.assertEqual(self.lead.name, "A better name")
        self.assertSound()

    def test_a_lead_whose_deal_stands_already_goes_into_it(self):
        self.given_a_lead_with_a_note()
        deal = self.an("deal", lambda row: row["status"] == "OPEN")
        opportunity = self.got("deal", deal)
        self.convert(deal)
        self.pick_up()
        self.assertEqual(self.got("lead", self.key), opportunity)
        self.assertFalse(self.lead.active)
        message = self.got("activity", self.note)
        self.assertEqual((message.model, message.res_id), ("crm.lead", opportunity.id))
        self.assertBucket(self.project, "lead", self.key, "merged")
        self.assertSound()

    def test_a_lead_that_a_person_worked_on_stays_and_says_so(self):
        self.given_a_lead_with_a_note()
        deal = self.an("deal", lambda row: row["status"] == "OPEN")
        self.edit(self.lead, name="Ours")
        self.convert(deal)
        self.pick_up()
        self.assertTrue(self.lead.active)
        self.assertEqual(self.lead.name, "Ours")
        self.assertBalanced()

    def test_undone_lead_and_deal_are_gone(self):
        self.given_a_lead_with_a_note()
        deal = self.store.create("deal", name="From a lead", contacts=[])
        self.convert(deal)
        self.pick_up()
        self.project.action_rollback(background=False)
        self.assertFalse(self.lead.exists())
