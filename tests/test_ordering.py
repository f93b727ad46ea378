from graphlib import CycleError

from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.ordering import find_cycles, topological


class TestOrdering(BaseCase):
    def test_dependencies_come_first(self):
        order = topological({"deal": {"contact", "stage"}, "contact": {"company"}})
        self.assertLess(order.index("company"), order.index("contact"))
        self.assertLess(order.index("contact"), order.index("deal"))
        self.assertLess(order.index("stage"), order.index("deal"))

    def test_independent_objects_keep_the_given_order(self):
        given = {name: set() for name in ("tag", "user", "company", "alpha")}
        self.assertEqual(topological(given), list(given))

    def test_a_loop_of_objects_is_an_error_that_names_it(self):
        with self.assertRaises(CycleError) as caught:
            topological({"a": {"b"}, "b": {"a"}})
        self.assertEqual(set(caught.exception.args[1]), {"a", "b"})

    def test_nothing_gives_nothing(self):
        self.assertEqual(topological({}), [])

    def test_each_parent_loop_is_found_once(self):
        parent = {"a": "b", "b": "c", "c": "a", "x": "y", "y": "x", "d": "a"}
        cycles = [set(cycle) for cycle in find_cycles(parent)]
        self.assertEqual(cycles, [{"a", "b", "c"}, {"x", "y"}])

    def test_a_company_that_is_its_own_parent_is_a_loop(self):
        self.assertEqual(find_cycles({"a": "a", "b": "a"}), [["a"]])

    def test_a_hierarchy_without_loop_has_none(self):
        parent = {"a": "b", "b": "c", "c": None, "d": "gone"}
        self.assertEqual(find_cycles(parent), [])

    def test_a_very_deep_hierarchy_does_not_overflow(self):
        parent = {str(number): str(number + 1) for number in range(50_000)}
        self.assertEqual(find_cycles(parent), [])
