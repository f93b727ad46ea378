"""Equipment of Road Runner, in a database with the Maintenance app."""

import json

from odoo.fields import Date
from odoo.tests import tagged

from .common import MigrationCommon
from .live_case import LiveCase

DAY = "2025-03-04T10:00:00Z"
LATER = "2025-06-07T10:00:00Z"


def lists(**objects):
    """Return one JSON file for each object."""
    return {f"{name}.json": json.dumps(rows) for name, rows in objects.items()}


def piece(number, **values):
    return {
        "id": f"eq_{number}",
        "name": f"Unit {number}",
        "created_at": DAY,
        "updated_at": LATER,
    } | values


class EquipmentCase(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "maintenance.equipment" not in cls.env:
            cls.skipTest(cls, "Maintenance is not installed: see test_without_apps")

    @classmethod
    def source(cls, pieces, deals=()):
        contact = {"type": "company", "created_at": DAY, "updated_at": LATER}
        return lists(
            users=[
                {"id": "us_1", "name": "Ana", "email": "ana@practice.example"},
                {"id": "us_2", "name": "Nobody", "email": "nobody@gone.example"},
            ],
            pipelines=[{"id": "pl_1", "name": "Sales"}],
            stages=[{"id": "st_1", "pipeline_id": "pl_1", "name": "New", "order": 1}],
            contacts=[contact | {"id": "ct_1", "name": "Northwind"}],
            equipment=list(pieces),
            deals=[
                {
                    "pipeline_id": "pl_1",
                    "stage_id": "st_1",
                    "company_id": "ct_1",
                    "status": "open",
                    "created_at": DAY,
                    "updated_at": LATER,
                }
                | deal
                for deal in deals
            ],
        )


FULL = piece(
    1,
    category="RTU",
    serial_number=" SN-1 ",
    barcode="0012345",
    manufacturer="Carrier",
    model="48TC",
    customer_id="ct_1",
    location_name="Roof east",
    installed_on="2019-06-14",
    purchased_on="2019-05-30",
    warranty_start="2019-06-15",
    warranty_end="2029-06-13",
    service_interval_days=180,
    last_service_at="2026-05-02T10:00:00Z",
    next_service_at="2026-11-02T10:00:00Z",
    status="active",
    cost="8,400.50",
    technician_user_id="us_1",
    notes="<p>Belt <b>B-48</b></p><script>x()</script>",
    **{
        "site_address.street": "12 Oak St",
        "site_address.city": "Oconee",
        "site_address.state": "IL",
        "site_address.zip": "62553",
        "site_address.country": "US",
        "custom.tonnage": 10,
        "custom.Colour of the Lid": "blue",
    },
)


class TestEquipment(EquipmentCase):
    """Every field of a piece of equipment has its place, and every rule both sides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        equipment = cls.env["maintenance.equipment"]
        cls.own = equipment.create({"name": "Ours", "serial_no": "SN-TAKEN"})
        cls.category = cls.env["maintenance.equipment.category"].create(
            {"name": "rtu ", "company_id": cls.company.id}
        )
        cls.followers = cls.env["mail.followers"].search_count([])
        cls.project = cls.migrated(
            cls.source(
                [
                    FULL,
                    piece(
                        2, serial_number="SN-1", category="Furnace", created_at=LATER
                    ),
                    piece(3, serial_number="SN-TAKEN", status="Retired"),
                    piece(4, serial_number=None, purchased_on="2020-01-02"),
                    piece(5, name="", model="XR14", warranty_start="2021-02-03"),
                    piece(6, name="", serial_number="SN-6", customer_id="ct_gone"),
                    piece(7, name="", model="", serial_number=""),
                    piece(8, technician_user_id="us_2", status="replaced"),
                    piece(9, created_at="", installed_on=""),
                ],
                [
                    {
                        "id": "dl_1",
                        "name": "Roof",
                        "equipment_ids": ["eq_1", "eq_2", "eq_gone"],
                    },
                    {"id": "dl_2", "name": "None of it", "equipment_ids": []},
                ],
            ),
            preset="road_runner",
        )

    def piece(self, number):
        return self.target(self.project, "equipment", f"eq_{number}")

    def test_fields_of_odoo_are_filled(self):
        unit = self.piece(1)
        self.assertEqual(unit._name, "maintenance.equipment")
        self.assertEqual(unit.name, "Unit 1")
        self.assertEqual(unit.serial_no, "SN-1")
        self.assertEqual(unit.model, "48TC")
        self.assertEqual(unit.effective_date, Date.to_date("2019-06-14"))
        self.assertEqual(unit.warranty_date, Date.to_date("2029-06-13"))
        self.assertEqual(unit.cost, 8400.5)
        self.assertEqual(unit.technician_user_id, self.ana)
        self.assertEqual(unit.note, "<p>Belt <b>B-48</b></p>")
        self.assertEqual(unit.company_id, self.company)
        self.assertFalse(unit.owner_user_id)
        self.assertFalse(unit.partner_id, "the customer is not the vendor")

    def test_what_odoo_has_no_field_for_is_in_custom_fields(self):
        unit = self.piece(1)
        customer = self.target(self.project, "contact", "ct_1")
        self.assertEqual(unit["x_customer_id"], customer)
        self.assertEqual(unit["x_location"], "Roof east")
        self.assertEqual(unit["x_site_address"], "12 Oak St; Oconee; IL; 62553; US")
        self.assertEqual(unit["x_barcode"], "0012345")
        self.assertEqual(unit["x_manufacturer"], "Carrier")
        self.assertEqual(unit["x_purchased_on"], Date.to_date("2019-05-30"))
        self.assertEqual(unit["x_warranty_start"], Date.to_date("2019-06-15"))
        self.assertEqual(unit["x_service_interval_days"], 180)
        self.assertEqual(str(unit["x_last_service_on"]), "2026-05-02 10:00:00")
        self.assertEqual(str(unit["x_next_service_on"]), "2026-11-02 10:00:00")
        self.assertEqual(unit["x_source_status"], "active")
        self.assertEqual(str(unit["x_source_updated_on"]), "2025-06-07 10:00:00")
        self.assertEqual(unit["x_custom_tonnage"], 10)
        self.assertEqual(unit["x_custom_colour_of_the_lid"], "blue")

    def test_the_form_shows_the_custom_fields(self):
        arch = self.env["maintenance.equipment"].get_view(view_type="form")["arch"]
        for name in (
            "x_customer_id",
            "x_location",
            "x_custom_tonnage",
            "x_source_serial",
        ):
            self.assertIn(f'name="{name}"', arch)

    def test_the_plan_says_which_branch_is_taken(self):
        view = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "view" and item.key == "maintenance.equipment"
        )
        self.assertIn("Maintenance is installed", view.reason)

    def test_a_category_of_that_name_is_used_another_is_made(self):
        self.assertEqual(self.piece(1).category_id, self.category)
        made = self.piece(2).category_id
        self.assertEqual(made.name, "Furnace")
        self.assertEqual(made.company_id, self.company)
        self.assertFalse(made.technician_user_id)

    def test_a_serial_number_goes_to_the_oldest_piece_only(self):
        self.assertEqual(self.piece(1).serial_no, "SN-1")
        second = self.piece(2)
        self.assertFalse(second.serial_no)
        self.assertEqual(second["x_source_serial"], "SN-1")
        found = self.findings(self.project, "moved", external_id="eq_2")
        self.assertEqual(found.value, "SN-1")
        self.assertIn("Source Serial", found.message)

    def test_a_serial_number_that_odoo_has_already_is_kept_beside(self):
        self.assertEqual(self.own.serial_no, "SN-TAKEN")
        self.assertEqual(self.piece(3)["x_source_serial"], "SN-TAKEN")
        self.assertTrue(self.findings(self.project, "moved", external_id="eq_3"))

    def test_equipment_without_serial_number_is_no_finding(self):
        self.assertFalse(self.piece(4).serial_no)
        self.assertFalse(self.findings(self.project, "moved", external_id="eq_4"))

    def test_retired_equipment_is_archived_and_no_day_is_made_up(self):
        for number, is_active in ((1, True), (3, False), (8, False), (4, True)):
            self.assertEqual(self.piece(number).active, is_active, number)
        self.assertFalse(self.piece(3).scrap_date)
        self.assertEqual(self.piece(3)["x_source_status"], "Retired")

    def test_the_date_of_use_is_the_next_best_of_the_source(self):
        for number, day in ((4, "2020-01-02"), (5, "2021-02-03"), (6, "2025-03-04")):
            self.assertEqual(self.piece(number).effective_date, Date.to_date(day))

    def test_without_any_date_it_is_the_day_of_the_load_and_a_finding(self):
        self.assertEqual(
            self.piece(9).effective_date, Date.context_today(self.piece(9))
        )
        self.assertTrue(self.findings(self.project, "assumed", external_id="eq_9"))
        self.assertFalse(self.findings(self.project, "assumed", external_id="eq_4"))

    def test_a_name_is_found_or_the_piece_fails_alone(self):
        self.assertEqual(self.piece(5).name, "XR14")
        self.assertEqual(self.piece(6).name, "SN-6")
        self.assertEqual(self.piece(6).serial_no, "SN-6")
        self.assertFalse(self.piece(7))

    def test_a_customer_that_is_not_there_is_a_finding(self):
        self.assertFalse(self.piece(6)["x_customer_id"])
        found = self.findings(self.project, "unreadable", external_id="eq_6")
        self.assertEqual(found.value, "ct_gone")

    def test_a_technician_without_user_is_the_fallback(self):
        self.assertEqual(self.piece(8).technician_user_id, self.fallback)

    def test_deals_link_to_their_equipment(self):
        deal = self.target(self.project, "deal", "dl_1")
        self.assertEqual(deal["x_equipment_ids"], self.piece(1) | self.piece(2))
        found = self.findings(self.project, "unreadable", external_id="dl_1")
        self.assertEqual(found.value, "eq_gone")
        self.assertFalse(
            self.target(self.project, "deal", "dl_2")["x_equipment_ids"],
        )

    def test_the_books_balance_links_included(self):
        book = self.book(self.project, "Deals: equipment_ids")
        counts = (book.source_count, book.created_count, book.failed_count)
        self.assertEqual(counts, (3, 2, 1))
        self.assertEqual(book.found_count, 2)
        self.assertTrue(book.is_balanced)
        self.assertTrue(self.book(self.project, "Equipment").is_balanced)
        self.assertTrue(self.book(self.project, "Equipment: customer_id").is_balanced)

    def test_nobody_is_told_or_subscribed(self):
        self.assertEqual(self.env["mail.followers"].search_count([]), self.followers)
        effects = self.project.reconciliation_line_ids.filtered(
            lambda line: line.kind == "side_effect"
        )
        self.assertEqual(set(effects.mapped("found_count")), {0})
        self.assertFalse(self.piece(1).message_ids)


class TestEquipmentAgain(EquipmentCase):
    """A second load, a change at the source, and the way back."""

    def test_loading_again_changes_nothing_and_a_change_is_followed(self):
        pieces = [piece(1, serial_number="S", location_name="Roof"), piece(2)]
        pieces[1] |= {"serial_number": "S", "status": "retired"}
        project = self.migrated(self.source(pieces), preset="road_runner")
        pieces[0]["location_name"] = "Basement"
        self.assertFalse(self.target(project, "equipment", "eq_2").active)
        pieces[1] |= {"serial_number": "T", "status": "active"}
        self.a_day_passes()
        self.migrate(self.stage(project, self.source(pieces), "second.zip"))
        first = self.target(project, "equipment", "eq_1")
        second = self.target(project, "equipment", "eq_2")
        self.assertEqual((first.serial_no, first["x_location"]), ("S", "Basement"))
        self.assertEqual(second.serial_no, "T")
        self.assertFalse(second["x_source_serial"])
        self.assertTrue(second.active)

    def test_rollback_takes_equipment_categories_and_fields_away(self):
        models = ("maintenance.equipment", "maintenance.equipment.category")
        before = [self.env[model].search([]).ids for model in models]
        fields = self.env["ir.model.fields"]
        domain = [("model", "=", "maintenance.equipment"), ("name", "=like", "x_%")]
        deals = [{"id": "dl_1", "name": "Roof", "equipment_ids": ["eq_1"]}]
        project = self.migrated(self.source([FULL], deals), preset="road_runner")
        self.assertTrue(fields.search_count(domain))
        project.action_rollback(background=False)
        self.env.invalidate_all()
        after = [
            self.env[model].with_context(active_test=False).search([]).ids
            for model in models
        ]
        self.assertEqual(after, before)
        self.assertFalse(fields.search_count(domain))
        self.assertEqual(set(project.rollback_line_ids.mapped("state")), {"done"})


@tagged("post_install", "-at_install")
class TestEquipmentLive(LiveCase):
    """All equipment of the sample source arrives as the source's own truth says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "maintenance.equipment" not in cls.env:
            cls.skipTest(cls, "Maintenance is not installed: see test_without_apps")
        cls.project = cls.connect()
        cls.switch_off(cls.project, "activity", "file", "task", "project")
        cls.migrate(cls.project)
        cls.truth = cls.sources.world.road_runner.tables["equipment"]

    def test_every_piece_is_there_with_place_serial_date_and_customer(self):
        serials = set()
        oldest_first = sorted(
            self.truth.items(), key=lambda item: item[1]["created_at"]
        )
        for key, unit in oldest_first:
            record = self.target(self.project, "equipment", key)
            self.assertTrue(record, key)
            self.assertEqual(record["x_location"], unit["location_name"])
            self.assertEqual(
                record.effective_date, Date.to_date(unit["installed_on"]), key
            )
            customer = self.target(self.project, "contact", unit["customer_id"])
            self.assertEqual(record["x_customer_id"], customer, key)
            serial = unit["serial_number"]
            is_first = bool(serial) and serial not in serials
            serials.add(serial)
            kept = (record.serial_no or "", record["x_source_serial"] or "")
            expected = (serial, "") if is_first else ("", serial or "")
            self.assertEqual(kept, expected, key)
            self.assertEqual(record.active, unit["status"] == "active")

    def test_the_books_balance(self):
        for name in ("Equipment", "Equipment: customer_id", "Deals: equipment_ids"):
            self.assertTrue(self.book(self.project, name).is_balanced, name)
