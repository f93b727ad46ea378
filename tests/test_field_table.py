from odoo.tests import BaseCase

from odoo.addons.crm_migration.presets import field_table

#: How many rows the mission has for each source.
ROWS = {"R": 12, "F": 11, "P": 12}


class TestFieldTable(BaseCase):
    """The documentation of every field is made from the presets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.text = field_table.render()

    def test_every_row_of_the_mission_has_an_object_of_a_preset(self):
        rows = {
            row
            for preset in field_table.presets()
            for spec in preset["objects"]
            for row in spec.get("rows", [])
        }
        wanted = {
            f"{letter}{number}"
            for letter, count in ROWS.items()
            for number in range(1, count + 1)
        }
        self.assertEqual(rows, wanted)

    def test_every_field_stands_in_the_table(self):
        for preset in field_table.presets():
            for spec in preset["objects"]:
                for name in spec["fields"]:
                    self.assertIn(f"   * - ``{name}``\n", self.text)

    def test_a_row_names_the_tests_that_read_it_back(self):
        self.assertIn("test_rows_practice.test_p8_deals_are_opportunities", self.text)
