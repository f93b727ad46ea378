import random

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.profile.paths import (
    BadPath,
    Path,
    compile_path,
    read_path,
)

DOC = {
    "id": 7,
    "has_more": False,
    "address": {"street": "12 Oak St", "": "blank key"},
    "emails": [
        {"value": "a@x.example", "primary": False},
        {"value": "b@x.example", "primary": True, "rank": 2},
    ],
    "errors": {"first": {"message": "no"}, "second": {"message": "never"}},
    "@odata.nextLink": "https://x.example/2",
    "a|b": {"c.d": "quoted"},
    "empty": "",
    "nothing": None,
}


class TestPaths(BaseCase):
    def read(self, path, default=None):
        return read_path(DOC, path, default)

    def test_names_with_dots_between_them(self):
        self.assertEqual(self.read("address.street"), "12 Oak St")
        self.assertEqual(self.read(" address . street "), "12 Oak St")
        self.assertIsNone(self.read("address.street.name"))

    def test_positions_count_from_either_end(self):
        self.assertEqual(self.read("emails[0].value"), "a@x.example")
        self.assertEqual(self.read("emails[-1].value"), "b@x.example")
        self.assertIsNone(self.read("emails[2].value"))
        self.assertIsNone(self.read("address[0]"))

    def test_choosing_by_a_value_compares_as_json_writes_it(self):
        self.assertEqual(self.read("emails[primary=true].value"), "b@x.example")
        self.assertEqual(self.read("emails[rank=2].value"), "b@x.example")
        self.assertEqual(read_path([{"k": None, "v": 1}], "[k=null].v", "default"), 1)
        self.assertIsNone(self.read("emails[primary=maybe].value"))
        self.assertIsNone(self.read("address[street=12 Oak St]"))

    def test_star_takes_every_value_of_a_list_or_an_object(self):
        path = compile_path("emails.*.value")
        self.assertEqual(path.all(DOC), ["a@x.example", "b@x.example"])
        self.assertEqual(compile_path("errors.*.message").all(DOC), ["no", "never"])
        self.assertEqual(compile_path("id.*").all(DOC), [])

    def test_quotes_hold_any_name(self):
        self.assertEqual(self.read('["@odata.nextLink"]'), "https://x.example/2")
        self.assertEqual(self.read("['a|b'][\"c.d\"]"), "quoted")

    def test_first_alternative_that_says_something(self):
        self.assertEqual(self.read("empty|nothing|id"), 7)
        self.assertEqual(self.read("missing|has_more|id"), False)
        self.assertEqual(self.read("emails[primary=x].value|emails[0].value")[0], "a")

    def test_what_is_there_but_empty_is_better_than_the_default(self):
        self.assertEqual(self.read("missing|empty", "default"), "")
        self.assertIsNone(self.read("nothing", "default"))
        self.assertEqual(self.read("missing", "default"), "default")

    def test_empty_path_and_at_are_the_document(self):
        self.assertEqual(read_path([1], ""), [1])
        self.assertEqual(read_path([1], "data|@"), [1])
        self.assertTrue(compile_path("").is_root)
        self.assertFalse(compile_path("a").is_root)

    def test_matches_say_where_they_were_found(self):
        path = compile_path("emails[primary=true].value")
        self.assertEqual(path.matches(DOC), [(("emails", 1, "value"), "b@x.example")])
        self.assertTrue(compile_path("nothing").exists(DOC))
        self.assertFalse(compile_path("missing").exists(DOC))

    def test_compiled_once(self):
        self.assertIs(compile_path("address.street"), compile_path("address.street"))

    def test_what_is_no_path(self):
        for text, reason in (
            ("a..b", "a name is missing before a dot"),
            (".a", "a name is missing before a dot"),
            ("a.", "a name is missing at the end"),
            ("a|", "a name is missing at the end"),
            ("a[", "cannot be read from “[”"),
            ("a[x", "cannot be read from “[x”"),
            ("a]", "cannot be read from “]”"),
            ("a[0]b", "a dot is missing before “b”"),
            ("a. .b", "a name is blank"),
            (".".join("a" * 40), "has more than 32 steps"),
            ("a" * 501, "at most 500 characters"),
        ):
            with self.subTest(text=text[:20]), self.assertRaises(BadPath) as caught:
                Path(text)
            self.assertIn(reason, str(caught.exception))
        with self.assertRaises(BadPath):
            Path(None)

    def test_odd_data_never_raises(self):
        odd = [
            None, True, 0, float("nan"), 10**5000, "", "text", b"x", [], {}, (1,),
            {1: 2, None: 3}, [[[]]], {"a": [{"b": {"a": 10**5000}}, None, 3]},
        ]  # fmt: skip
        texts = (
            "a",
            "a.b",
            "a[0]",
            "[b=1]",
            "a[b=1].c",
            "*",
            "a.*.b",
            "*.*|@",
            "",
            "[-9]",
        )
        for text in texts:
            for data in odd:
                compile_path(text).first(data)
                compile_path(text).matches(data)

    def test_random_texts_are_paths_or_bad_paths(self):
        rand = random.Random(4)
        for _ in range(3000):
            text = "".join(rand.choices("ab.[]=*|@\"' 0-1", k=rand.randrange(12)))
            try:
                path = Path(text)
            except BadPath:
                continue
            path.first(DOC)
