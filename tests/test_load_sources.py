"""Road Runner and FastTrack end to end, with records as a live source gives them."""

import json

from .common import MigrationCommon


def lists(**objects):
    """Return one JSON file for each object."""
    return {f"{name}.json": json.dumps(rows) for name, rows in objects.items()}


DAY = "2025-03-04T10:00:00Z"
LATER = "2025-06-07T10:00:00Z"


def rr_contact(id_, kind="individual", **values):
    return {"id": id_, "type": kind, "created_at": DAY, "updated_at": LATER} | values


class TestRoadRunner(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the child first: its company stands further down the list
        contacts = [
            rr_contact(
                "ct_2",
                first_name="Maria",
                last_name="Lopez",
                company_id="ct_1",
                email="maria@northwind.example",
                additional_emails=["Maria@northwind.example", "ml@home.example"],
                phone="+1 312 555 0142",
                mobile="+1 312 555 0199",
                owner_id="us_a",
                tags=["VIP", "a;b"],
                status="archived",
                **{"custom.warranty_tier": "gold"},
            ),
            rr_contact(
                "ct_1",
                "company",
                name="Northwind",
                owner_id="us_A",
                **{"address.street": "12 Oak St", "address.country": "US"},
            ),
            rr_contact("ct_3", name="Twin of Maria", merged_into_id="ct_2"),
            rr_contact("ct_4", "customer", name="Solo", company_id="ct_gone"),
            rr_contact("ct_5", name="Mo Bile", mobile="+1 2", company_name="Free text"),
            rr_contact("ct_6", "company", name="Loop A", company_id="ct_7"),
            rr_contact("ct_7", "company", name="Loop B", company_id="ct_6"),
            rr_contact("ct_8", "robot", name="Odd"),
        ]
        deal = {"created_at": DAY, "updated_at": LATER, "status": "open"}
        deals = [
            deal
            | {
                "id": "dl_1",
                "name": "Roof",
                "contact_id": "ct_3",
                "company_id": "ct_1",
                "contacts": [{"contact_id": "ct_4", "role": "Site manager"}],
                "pipeline_id": "pl_1",
                "stage_id": "st_1",
                "probability": "0.25",
                "amount": "12500.00",
                "equipment_ids": ["eq_1"],
                "stage_history": [
                    {"stage_id": "st_0", "entered_at": "2025-04-01T00:00:00Z"},
                    {"stage_id": "st_1", "entered_at": "2025-05-01T08:00:00Z"},
                ],
            },
            deal
            | {
                "id": "dl_2",
                "name": "Boiler",
                "company_id": "ct_1",
                "pipeline_id": "pl_2",
                "stage_id": "st_2",
            },
            deal
            | {
                "id": "dl_3",
                "name": "Old stage",
                "pipeline_id": "pl_2",
                "stage_id": "st_gone",
                "stage_name": "Abolished",
            },
        ]
        activity = {"created_at": LATER, "author_user_id": "us_a"}
        activities = [
            activity
            | {
                "id": "ac_1",
                "kind": "call",
                "occurred_at": DAY,
                "duration_seconds": 420,
                "direction": "outbound",
                "outcome": "left <voicemail>",
                "body_text": "1 < 2",
                "contact_id": "ct_2",
                "deal_id": "dl_1",
            },
            activity
            | {
                "id": "ac_2",
                "kind": "email",
                "from": "maria@northwind.example",
                "to": ["ana@practice.example"],
                "direction": "inbound",
                "is_internal": False,
                "body": "<p>Hello</p>",
                "contact_id": "ct_2",
            },
            activity | {"id": "ac_3", "kind": "note", "body": "x", "task_id": "tk_1"},
            activity
            | {
                "id": "ac_4",
                "kind": "note",
                "body": "y",
                "contact_id": "ct_1",
                "author_user_id": "us_gone",
                "author_email": "who@x.example",
            },
        ]
        cls.project = cls.migrated(
            lists(
                users=[
                    {"id": "us_a", "name": "Ana", "email": "ANA@practice.example"},
                    {"id": "us_A", "name": "R", "email": "ravi@practice.example"},
                ],
                pipelines=[
                    {"id": "pl_1", "name": "Sales"},
                    {"id": "pl_2", "name": "Sales"},
                ],
                stages=[
                    {
                        "id": "st_1",
                        "pipeline_id": "pl_1",
                        "name": "New",
                        "position": 1,
                        "probability": 0.1,
                        "rotting_days": 14,
                    },
                    {
                        "id": "st_2",
                        "pipeline_id": "pl_2",
                        "name": "New",
                        "position": 1,
                        "probability": 0.4,
                    },
                    {
                        "id": "st_3",
                        "pipeline_id": "pl_1",
                        "name": "Won",
                        "position": 2,
                        "type": "won",
                    },
                ],
                contacts=contacts,
                deals=deals,
                activities=activities,
                tasks=[
                    {
                        "id": "tk_1",
                        "title": "Measure",
                        "status": "todo",
                        "contact_id": "ct_2",
                        "created_at": DAY,
                    }
                ],
                equipment=[{"id": "eq_1", "name": "Rooftop unit"}],
            ),
            preset="road_runner",
        )

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    # -- contacts

    def test_people_find_their_company_wherever_it_stands_in_the_list(self):
        maria, company = self.got("contact", "ct_2"), self.got("contact", "ct_1")
        self.assertEqual(maria.parent_id, company)
        self.assertEqual(maria.name, "Maria Lopez")
        self.assertEqual((company.is_company, maria.is_company), (True, False))
        self.assertEqual(company.country_id.code, "US")

    def test_owners_are_known_by_ids_that_differ_in_case_only(self):
        self.assertEqual(self.got("contact", "ct_2").user_id, self.ana)
        self.assertEqual(self.got("contact", "ct_1").user_id, self.ravi)
        self.assertBucket(self.project, "user", "us_a", "merged")

    def test_second_numbers_and_addresses_have_fields_of_their_own(self):
        maria = self.got("contact", "ct_2")
        self.assertEqual(maria.phone, "+1 312-555-0142")
        self.assertEqual(maria.x_mobile, "+1 312-555-0199")
        self.assertEqual(maria.email, "maria@northwind.example")
        self.assertEqual(maria.x_other_emails, "ml@home.example")
        self.assertEqual(self.got("contact", "ct_5").phone, "+1 2")

    def test_an_archived_contact_is_archived(self):
        maria = self.got("contact", "ct_2")
        self.assertEqual((maria.active, maria.x_source_status), (False, "archived"))

    def test_a_tag_with_a_separator_stays_one_tag(self):
        names = self.got("contact", "ct_2").category_id.mapped("name")
        self.assertEqual(set(names), {"VIP", "a;b"})

    def test_a_property_is_a_custom_field_with_a_readable_label(self):
        partner = self.got("contact", "ct_2")
        self.assertEqual(partner.x_custom_warranty_tier, "gold")
        label = partner.fields_get(["x_custom_warranty_tier"])
        self.assertEqual(label["x_custom_warranty_tier"]["string"], "Warranty Tier")

    def test_a_merged_contact_is_the_one_it_was_merged_into(self):
        self.assertBucket(self.project, "contact", "ct_3", "merged")
        self.assertEqual(self.got("contact", "ct_3"), self.got("contact", "ct_2"))
        self.assertEqual(self.got("deal", "dl_1").partner_id.name, "Maria Lopez")

    def test_a_contact_whose_company_is_gone_stands_alone_and_is_reported(self):
        self.assertFalse(self.got("contact", "ct_4").parent_id)
        found = self.findings(self.project, "unreadable", external_id="ct_4")
        self.assertEqual((found.field, found.value), ("company_id", "ct_gone"))

    def test_a_free_text_company_stays_text(self):
        lead = self.got("contact", "ct_5")
        self.assertEqual((lead._name, lead.partner_name), ("crm.lead", "Free text"))
        self.assertFalse(lead.partner_id)

    def test_a_circle_of_companies_is_cut_once(self):
        first, second = self.got("contact", "ct_6"), self.got("contact", "ct_7")
        self.assertFalse(first.parent_id)
        self.assertEqual(second.parent_id, first)
        self.assertTrue(self.findings(self.project, "cycle", external_id="ct_6"))

    def test_an_unknown_type_is_a_person_and_is_reported(self):
        self.assertEqual(self.got("contact", "ct_8").contact_name, "Odd")
        self.assertTrue(self.findings(self.project, "unreadable", external_id="ct_8"))

    # -- deals

    def test_stages_of_one_name_in_two_pipelines_of_one_name_stay_two(self):
        roof, boiler = self.got("deal", "dl_1"), self.got("deal", "dl_2")
        self.assertEqual((roof.stage_id.name, boiler.stage_id.name), ("New", "New"))
        self.assertNotEqual(roof.stage_id, boiler.stage_id)
        self.assertNotEqual(roof.team_id, boiler.team_id)
        self.assertEqual(roof.stage_id, self.got("stage", "st_1"))
        self.assertEqual(roof.stage_id.rotting_threshold_days, 14)

    def test_shares_become_percentages(self):
        self.assertEqual(self.got("deal", "dl_1").probability, 25)
        self.assertEqual(self.got("deal", "dl_2").probability, 40)

    def test_a_stage_that_only_deals_know_is_planned_by_its_name(self):
        lead = self.got("deal", "dl_3")
        self.assertEqual(lead.stage_id.name, "Abolished")
        self.assertEqual(lead.team_id, self.got("deal", "dl_2").team_id)

    def test_a_deal_keeps_its_people_equipment_and_last_move(self):
        lead = self.got("deal", "dl_1")
        self.assertEqual(lead.x_contact_roles, "Solo (Site manager)")
        has_app = "maintenance.equipment" in self.env
        equipment = lead.x_equipment_ids.name if has_app else lead.x_equipment
        self.assertEqual(equipment, "Rooftop unit")
        self.assertEqual(str(lead.date_last_stage_update), "2025-05-01 08:00:00")

    # -- activities

    def test_a_call_is_a_note_with_its_own_date_and_facts(self):
        message = self.got("activity", "ac_1")
        lead = self.got("deal", "dl_1")
        self.assertEqual((message.model, message.res_id), ("crm.lead", lead.id))
        self.assertEqual(str(message.date), "2025-03-04 10:00:00")
        self.assertEqual(message.author_id, self.ana.partner_id)
        self.assertTrue(message.is_internal)
        self.assertIn("<b>Call · Outbound · 7 min</b>", message.body)
        self.assertIn("Outcome: left &lt;voicemail&gt;", message.body)
        self.assertIn("1 &lt; 2", message.body)

    def test_an_incoming_mail_is_signed_by_its_sender(self):
        message = self.got("activity", "ac_2")
        self.assertEqual(message.author_id, self.got("contact", "ct_2"))
        self.assertEqual(message.message_type, "email")
        self.assertFalse(message.is_internal)
        self.assertIn("To: ana@practice.example", message.body)

    def test_a_note_of_a_task_is_shown_where_its_activity_stands(self):
        self.assertEqual(self.got("task", "tk_1")._name, "mail.activity")
        message = self.got("activity", "ac_3")
        self.assertIn(message, self.got("contact", "ct_2").message_ids)

    def test_an_unknown_author_signs_with_the_mail(self):
        message = self.got("activity", "ac_4")
        self.assertFalse(message.author_id)
        self.assertIn("who@x.example", message.email_from)

    # -- all of it

    def test_the_books_balance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)

    def test_a_rehearsal_gives_what_the_load_gives(self):
        self.project.action_sample(background=False)
        run = self.project.run_ids.filtered(lambda run: run.kind == "sample")[:1]
        self.assertFalse(run.stats.get("failed"), run.stats)


class TestFastTrack(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        dates = {"created_at": DAY, "updated_at": LATER}
        owner = {"owner": "VXNlcjoy", "owner.email": "ana@practice.example"}
        cls.project = cls.migrated(
            lists(
                pipelines=[{"id": "P1", "name": "New business"}],
                teams=[{"id": "T1", "name": "EMEA"}],
                stages=[
                    {"id": "S1", "pipeline": "P1", "name": "Qualify", "position": 1},
                    {
                        "id": "S2",
                        "pipeline": "P1",
                        "name": "Won",
                        "position": 2,
                        "category": "WON",
                    },
                ],
                companies=[
                    dates | owner | {"id": "C2", "name": "Contoso", "parent": "C1"},
                    dates | {"id": "C1", "name": "Holding", "type": "prospect"},
                    dates | {"id": "C3", "name": "Advised", "archived_at": LATER},
                ],
                contacts=[
                    dates
                    | {
                        "id": "K1",
                        "full_name": "Ines Moreau",
                        "email": "ines@contoso.example",
                        "emails": [
                            {"value": "ines@contoso.example", "is_primary": True},
                            {"value": "im@home.example", "type": "home"},
                        ],
                        "company": "C2",
                        "company.name": "Contoso",
                        "companies": [
                            {"is_primary": True, "labels": [], "node": {"id": "C2"}},
                            {
                                "is_primary": False,
                                "labels": ["Advisor"],
                                "node": {"id": "C3"},
                            },
                        ],
                    }
                ],
                deals=[
                    dates
                    | owner
                    | {
                        "id": "D1",
                        "name": "Renewal",
                        "amount.amount": "100.00",
                        "amount.currency": cls.company.currency_id.name,
                        "probability": "40",
                        "pipeline": "P1",
                        "stage": "S1",
                        "status": "OPEN",
                        "priority": "HIGH",
                        "team": "T1",
                        "primary_contact": "K1",
                        "contacts": [
                            {
                                "labels": ["Decision Maker", "Champion"],
                                "is_primary": True,
                                "node": "K1",
                            }
                        ],
                    },
                    dates
                    | {
                        "id": "D2",
                        "name": "Sold",
                        "pipeline": "P1",
                        "stage": "S1",
                        "status": "WON",
                    },
                ],
                leads=[
                    dates | {"id": "L1", "first_name": "Omar", "status": "UNQUALIFIED"},
                    dates
                    | owner
                    | {
                        "id": "L2",
                        "title": "Demo",
                        "first_name": "Al",
                        "last_name": "Hu",
                        "company_name": "Fabrikam",
                        "email": "al@fabrikam.example",
                        "status": "WORKING",
                    },
                    dates
                    | {
                        "id": "L3",
                        "title": "Became",
                        "status": "CONVERTED",
                        "converted_deal": "D1",
                    },
                ],
                activities=[
                    dates
                    | {
                        "id": "A1",
                        "type": "MEETING",
                        "status": "COMPLETED",
                        "starts_at": "2024-12-24T09:00:00Z",
                        "body_html": "<p>Agreed</p>",
                        "created_by": "VXNlcjoy",
                        "associations": [
                            {"object": "contact", "id": "K1"},
                            {"object": "deal", "id": "D1"},
                        ],
                        "participants": [{"type": "contact", "email": "ines@c.ex"}],
                    },
                    dates
                    | {
                        "id": "A2",
                        "type": "TASK",
                        "status": "PLANNED",
                        "associations": [{"object": "deal", "id": "D1"}],
                    },
                    dates
                    | {
                        "id": "A3",
                        "type": "NOTE",
                        "body_text": "z",
                        "associations": [{"object": "custom", "id": "X"}],
                    },
                    dates
                    | {
                        "id": "A4",
                        "type": "NOTE",
                        "body_text": "z",
                        "associations": [{"object": "lead", "id": "L3"}],
                    },
                ],
            ),
            preset="fasttrack",
        )

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def test_companies_have_their_parents(self):
        self.assertEqual(self.got("company", "C2").parent_id, self.got("company", "C1"))
        self.assertTrue(self.got("company", "C1").is_company)
        self.assertEqual(self.got("company", "C1").x_company_type, "prospect")
        self.assertFalse(self.got("company", "C3").active)

    def test_a_contact_keeps_all_companies_and_addresses(self):
        ines = self.got("contact", "K1")
        self.assertEqual(ines.parent_id.name, "Contoso")
        self.assertEqual(ines.x_other_organizations, "Advised (Advisor)")
        self.assertEqual(ines.x_other_emails, "im@home.example")

    def test_an_owner_is_found_without_a_list_of_users(self):
        self.assertEqual(self.got("company", "C2").user_id, self.ana)
        self.assertEqual(self.got("company", "C1").user_id, self.fallback)
        self.assertEqual(self.got("activity", "A1").author_id, self.ana.partner_id)

    def test_a_deal_becomes_an_opportunity(self):
        lead = self.got("deal", "D1")
        self.assertEqual((lead.type, lead.stage_id.name), ("opportunity", "Qualify"))
        self.assertEqual((lead.expected_revenue, lead.probability), (100, 40))
        self.assertEqual((lead.priority, lead.x_source_team), ("2", "EMEA"))
        self.assertEqual(lead.team_id.name, "New business")
        self.assertEqual(lead.x_contact_roles, "Ines Moreau (Decision Maker, Champion)")
        self.assertEqual(self.got("deal", "D2").won_status, "won")

    def test_leads_stand_outside_of_pipelines(self):
        lead = self.got("lead", "L2")
        self.assertEqual((lead.type, lead.name), ("lead", "Demo"))
        self.assertEqual((lead.contact_name, lead.partner_name), ("Al Hu", "Fabrikam"))
        self.assertFalse(lead.stage_id or lead.team_id or lead.partner_id)
        self.assertEqual((lead.x_lead_status, lead.active), ("WORKING", True))
        lost = self.got("lead", "L1")
        self.assertEqual((lost.name, lost.won_status), ("Omar", "lost"))

    def test_a_converted_lead_is_its_deal(self):
        self.assertBucket(self.project, "lead", "L3", "merged")
        self.assertEqual(self.got("lead", "L3"), self.got("deal", "D1"))
        self.assertEqual(self.got("activity", "A4").res_id, self.got("deal", "D1").id)

    def test_a_meeting_is_a_message_on_the_deal(self):
        message = self.got("activity", "A1")
        self.assertEqual(message.res_id, self.got("deal", "D1").id)
        self.assertEqual(message.model, "crm.lead")
        self.assertEqual(str(message.date), "2024-12-24 09:00:00")
        self.assertIn("<b>Meeting</b>", message.body)
        self.assertIn("With: ines@c.ex", message.body)

    def test_a_task_is_an_activity_of_the_deal(self):
        activity = self.got("activity", "A2")
        self.assertIn(activity, self.got("deal", "D1").activity_ids)
        self.assertEqual(activity.summary, "Task")

    def test_what_cannot_be_loaded_yet_is_left_out_with_its_reason(self):
        record = self.assertBucket(self.project, "activity", "A3", "excluded")
        self.assertIn("custom", record.reason)
        self.assertBucket(self.project, "pipeline", "P1", "excluded")

    def test_the_books_balance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)
