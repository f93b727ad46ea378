import copy
import json

from jsonschema import Draft202012Validator

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.profile.lines import line_numbers
from odoo.addons.crm_migration.connectors.profile.regexes import regex_problem
from odoo.addons.crm_migration.connectors.profile.validate import (
    check_profile,
    complete,
    load_profile,
    profile_schema,
)
from odoo.addons.crm_migration.exceptions import BadProfile

REST = {
    "transport": "rest",
    "base_url": "https://api.example.com",
    "auth": {"type": "bearer"},
    "pagination": {"style": "page"},
    "objects": {"contact": {"path": "/contacts"}},
}
GRAPHQL = {
    "transport": "graphql",
    "base_url": "https://api.example.com",
    "objects": {"contact": {"root_field": "contacts", "selection": ["id"]}},
}


class ValidateCase(BaseCase):
    def changed(self, base, place, value):
        profile = copy.deepcopy(base)
        *above, last = place
        part = profile
        for key in above:
            part = part.setdefault(key, {})
        part[last] = value
        return profile

    def problems(self, place, value, base=None, **options):
        return check_profile(self.changed(base or REST, place, value), **options)

    def only(self, place, value, base=None, **options):
        """The single problem of a profile with one thing changed."""
        problems = self.problems(place, value, base, **options)
        self.assertEqual(len(problems), 1, problems)
        return problems[0]


class TestProfileText(ValidateCase):
    def test_a_good_profile_has_no_problems(self):
        self.assertEqual(check_profile(REST), [])
        self.assertEqual(check_profile(GRAPHQL), [])
        self.assertEqual(load_profile(json.dumps(REST)), REST)

    def test_the_message_leads_to_the_line(self):
        text = """{
  "transport": "rest",
  "objects": {"contact": {"path": "/contacts"}},
  "auth": {
    "type": "bearer"
  },
  "pagination": {
    "style":
      "pages"
  }
}"""
        (message,) = check_profile(text)
        self.assertEqual(
            message.partition(", relay")[0],
            "line 8, pagination.style: “pages” is not one of page, offset, cursor,"
            " next_url, link_header",
        )
        self.assertTrue(message.endswith("; did you mean page?"))

    def test_all_problems_in_the_order_of_their_lines(self):
        text = json.dumps(
            {
                "transport": "rest",
                "paginaton": {},
                "limits": {"max_rps": -1, "concurrency": "2"},
                "objects": {"contact": {"path": "/c", "feilds": {}}},
            },
            indent=1,
        )
        with self.assertRaises(BadProfile) as caught:
            load_profile(text)
        lines = [one.partition(":")[0] for one in caught.exception.problems]
        self.assertEqual(
            lines,
            [
                "line 3, paginaton",
                "line 5, limits.max_rps",
                "line 6, limits.concurrency",
                "line 11, objects.contact.feilds",
            ],
        )
        self.assertIn("did you mean pagination?", caught.exception.problems[0])
        self.assertIn("-1 is less than 0", caught.exception.problems[1])
        self.assertIn("“2” is not a whole number", caught.exception.problems[2])

    def test_no_json_says_where(self):
        (message,) = check_profile('{\n "a": 1,\n}')
        self.assertIn("The profile is no JSON: line 3, column 1", message)
        for text, reason in (
            ("", "line 1"),
            ('{"a": NaN}', "NaN is not JSON"),
            ("[" * 100_000, "nested too deep"),
            (" " * (2 * 1024 * 1024 + 1), "longer than 2 MiB"),
        ):
            self.assertIn(reason, check_profile(text)[0])

    def test_a_key_twice(self):
        text = json.dumps(REST)[:-1] + ', "transport": "rest"}'
        self.assertEqual(
            check_profile(text), ["line 1, profile: “transport” stands here twice"]
        )

    def test_not_an_object(self):
        for value in ("[]", "3", "null", '"x"'):
            self.assertIn("is not an object", check_profile(value)[0])

    def test_lines_of_values(self):
        lines = line_numbers('{\n"a":\n[1,\n{"b\\n\\"": 2}],\n"c": "x\\\\"\n}')
        self.assertEqual(
            lines,
            {
                (): 1,
                ("a",): 2,
                ("a", 0): 3,
                ("a", 1): 4,
                ("a", 1, 'b\n"'): 4,
                ("c",): 5,
            },
        )

    def test_the_schema_is_one_and_says_what_everything_is(self):
        schema = profile_schema()
        Draft202012Validator.check_schema(schema)

        def look(part, place):
            if isinstance(part, dict):
                if part.get("type") == "object" and "properties" in part:
                    self.assertIs(part.get("additionalProperties"), False, place)
                    for name, inner in part["properties"].items():
                        self.assertTrue(inner.get("description"), f"{place}.{name}")
                for key, child in part.items():
                    look(child, f"{place}.{key}")

        look(schema, "schema")


class TestProfileMeaning(ValidateCase):
    def test_what_is_missing(self):
        self.assertEqual(
            check_profile({}),
            [
                "profile: “transport” is missing",
                "profile: “objects” is missing",
            ],
        )
        self.assertEqual(
            self.only(("objects", "contact"), {}),
            "objects.contact: “path” is missing, which says where the list is",
        )
        self.assertIn(
            "“root_field” is missing", self.only(("objects", "contact"), {}, GRAPHQL)
        )
        self.assertEqual(self.problems(("objects", "contact"), {"active": False}), [])
        children = {"path": "/p", "expand_children": [{"at": "s", "object": "stage"}]}
        objects = {"pipeline": children, "stage": {}}
        self.assertEqual(self.problems(("objects",), objects), [])

    def test_base_url(self):
        self.assertEqual(self.problems(("base_url",), ""), [])
        for url, reason in (
            ("http://api.example.com", "does not start with https://"),
            ("ftp://api.example.com", "does not start with https://"),
            ("api.example.com", "does not start with https://"),
            ("https://", "does not start with https://"),
            ("https://x.example/a b", "blanks or control characters"),
            ("https://x.example/\r\nX: y", "blanks or control characters"),
            ("https://x.example/#top", "fragment"),
            ("https://x.example:port/", "not an address"),
            (
                "https://x.example/?api_key=s3cret",
                "parameter “api_key” names a credential",
            ),
        ):
            message = self.only(("base_url",), url)
            self.assertIn(reason, message)
            self.assertNotIn("s3cret", message.partition("parameter")[2])
        self.assertEqual(
            self.problems(("base_url",), "http://127.0.0.1:80", allow_http=True), []
        )

    def test_credentials_are_never_repeated(self):
        for place, value in (
            (("base_url",), "https://user:s3cret@x.example"),
            (("auth", "token_url"), "https://user:s3cret@x.example"),
            (("auth", "extra_headers"), {"X-App-Token": "s3cret"}),
            (("auth", "api_key"), "s3cret"),
            (("objects", "contact", "headers"), {"Authorization": "Bearer s3cret"}),
            (("objects", "contact", "params"), {"token": "s3cret"}),
        ):
            message = self.only(place, value)
            self.assertNotIn("s3cret", message)

    def test_placeholders_of_secrets_are_fine(self):
        headers = {"ST-App-Key": "{app_key}", "X-Version": "2026-01-01"}
        self.assertEqual(self.problems(("auth", "extra_headers"), headers), [])

    def test_headers(self):
        for name in ("X Key", "X-Key\r\nEvil: 1", "", "X:Y", "Schlüssel"):
            self.assertIn("is not a header name", self.only(("auth", "header"), name))
        for name in ("Host", "content-length", "Proxy-Authorization", "Cookie"):
            self.assertIn("may not set", self.only(("auth", "header"), name))
        self.assertIn(
            "line breaks",
            self.only(("auth", "extra_headers"), {"X-Version": "1\r\nEvil: 2"}),
        )
        self.assertEqual(self.problems(("auth", "header"), "X-API-Key"), [])

    def test_what_an_auth_type_needs(self):
        self.assertIn(
            "“query_param” is missing", self.only(("auth",), {"type": "query"})
        )
        self.assertIn(
            "“token_url” is missing",
            self.only(("auth",), {"type": "oauth2_client_credentials"}),
        )

    def test_paths(self):
        for place, where in (
            (("pagination", "records_at"), "pagination.records_at"),
            (("objects", "contact", "fields", "email"), "objects.contact.fields.email"),
            (("objects", "contact", "id_at"), "objects.contact.id_at"),
            (("test", "account_at"), "test.account_at"),
        ):
            self.assertEqual(
                self.only(place, "a..b"),
                f"{where}: “a..b”: a name is missing before a dot",
            )
        self.assertIn(
            "objects.contact.refs.owner_id.at",
            self.only(("objects", "contact", "refs"), {"owner_id": {"at": "a["}}),
        )
        self.assertIn(
            "errors.message_at[1]", self.only(("errors", "message_at"), ["a", "b."])
        )
        place = ("objects", "contact", "deleted_at")
        self.assertEqual(self.problems(place, "active=false"), [])
        self.assertIn("is not a path with or without", self.only(place, "a=b=c"))

    def test_fields_with_more_than_a_path(self):
        place = ("objects", "contact", "fields", "amount")
        self.assertEqual(self.problems(place, {"at": "v", "convert": "micros"}), [])
        self.assertIn(
            "“micro” is not one of micros", self.only(place, {"convert": "micro"})
        )
        self.assertIn("3 is not a text", self.only(place, 3))

    def test_regular_expressions(self):
        place = ("objects", "contact", "id_normalise")
        self.assertEqual(
            self.problems(place, {"pattern": r"^(\d+)$", "replace": r"ct_\1"}), []
        )
        message = self.only(place, {"pattern": "(a+)+$", "replace": ""})
        self.assertEqual(
            message,
            "objects.contact.id_normalise.pattern: “(a+)+$” has a repetition inside a"
            " repetition",
        )
        self.assertIn(
            "longer than 200", self.only(place, {"pattern": "a" * 201, "replace": ""})
        )

    def test_regular_expressions_that_could_take_long(self):
        for pattern, reason in (
            ("(a*)*", "repetition inside a repetition"),
            ("(?:a|aa)+", "choice inside a repetition"),
            (r"(a)\1", "back reference"),
            ("(?=a)a", "look-around"),
            ("a*b*c*d*", "more than 3 times without limit"),
            ("a{5000}", "more than 1000 times"),
            ("^" + "a?" * 28 + "a" * 28, "in too many ways"),
            ("(a|a)" * 25, "in too many ways"),
            ("^" + ".{0,99}" * 5 + "x", "in too many ways"),
            (".*.*.*x", "in too many ways"),
            ("(", "is not a regular expression"),
            ("a" + "(" * 5000, "is not a regular expression"),
        ):
            self.assertIn(reason, regex_problem(pattern), pattern)
        self.assertIn("is not a regular", regex_problem("a", r"\2"))
        for pattern in (r"^(\d+)$", r"^gid://(\w+)/(\d+)$", "(a|b)c", "(?:x)?y"):
            self.assertEqual(regex_problem(pattern), "")

    def test_headers_of_paging_and_delta_may_not_redirect_the_key(self):
        profile = {
            "transport": "rest",
            "pagination": {"cursor_in": "header"},
            "objects": {
                "contact": {"path": "/c", "pagination": {"cursor_param": "Host"}},
                "deal": {
                    "path": "/d",
                    "delta": {"mode": "header_if_modified_since", "param": "Host"},
                },
            },
        }
        problems = check_profile(profile)
        self.assertEqual(len(problems), 2, problems)
        for problem in problems:
            self.assertIn("a header that a profile may not set", problem)

    def test_a_profile_is_not_nested_without_end(self):
        body = "[" * 60 + "]" * 60
        text = (
            '{"transport": "rest", "objects": {"deal": {"path": "/d", "body": {"a": '
            + body
            + "}}}}"
        )
        self.assertEqual(
            check_profile(text), ["The profile is no JSON: the text is nested too deep"]
        )

    def test_moments(self):
        self.assertIn(
            "“Mars/Base” is not a time zone",
            self.only(("datetime", "naive_tz"), "Mars/Base"),
        )
        self.assertIn("not a time zone", self.only(("datetime", "naive_tz"), "../etc"))
        self.assertEqual(
            self.problems(("datetime", "formats"), ["epoch_ms", "%d.%m.%Y %H:%M"]), []
        )
        for text in ("epoch", "yyyy-mm-dd", "%Q"):
            self.assertIn(
                "datetime.formats[0]", self.only(("datetime", "formats"), [text])
            )

    def test_styles_of_the_other_transport(self):
        self.assertIn(
            "“relay” is not one of page, offset, cursor, next_url, link_header, none,"
            " the styles of rest",
            self.only(("pagination", "style"), "relay"),
        )
        self.assertIn(
            "objects.contact.pagination.style",
            self.only(
                ("objects", "contact", "pagination", "style"), "next_url", GRAPHQL
            ),
        )

    def test_graphql_texts(self):
        selection = ("objects", "contact", "selection")
        self.assertEqual(
            self.problems(selection, ["owner{id email}", "tags"], GRAPHQL), []
        )
        for text in ("owner{id", "}", "a b }", "query { x }{"):
            message = self.only(selection, [text], GRAPHQL)
            self.assertIn("objects.contact.selection[0]", message)
            self.assertIn("is not GraphQL", message)
        self.assertIn(
            "delta.param",
            self.only(
                ("delta",), {"mode": "graphql_arg", "param": "filter:{"}, GRAPHQL
            ),
        )

    def test_objects_that_are_spoken_of(self):
        for place, value in (
            (("objects", "contact", "refs"), {"owner_id": {"object": "user"}}),
            (("objects", "contact", "foreach"), {"param": "id", "object": "user"}),
            (
                ("objects", "contact", "expand_children"),
                [{"at": "s", "object": "user"}],
            ),
        ):
            self.assertIn(
                "“user” is not among the objects of the profile",
                self.only(place, value),
            )

    def test_objects_of_the_mapping(self):
        self.assertEqual(self.problems(("source",), "road_runner"), [])
        profile = self.changed(REST, ("source",), "road_runner")
        profile["objects"]["contcat"] = {"path": "/c"}
        (message,) = check_profile(profile)
        self.assertIn(
            "objects.contcat: “contcat” is not an object of road_runner", message
        )
        self.assertEqual(
            self.only(("source",), "salesfarce"),
            "source: “salesfarce” is not a mapping preset",
        )
        self.assertIn("not a mapping preset", self.only(("source",), "../secrets"))

    def test_hosts(self):
        place = ("attachment_hosts",)
        self.assertEqual(
            self.problems(place, ["*.amazonaws.com", "x.example:8443"]), []
        )
        self.assertIn("does not have the form", self.only(place, ["https://x/y"]))


class TestComplete(ValidateCase):
    def test_every_setting_is_said_and_twice_changes_nothing(self):
        for base in (REST, GRAPHQL):
            full = complete(base)
            self.assertEqual(complete(full), full)
            self.assertEqual(check_profile(full), [])
            self.assertEqual(full["objects"]["contact"]["id_at"], "id")
            self.assertEqual(full["limits"]["max_retries"], 5)

    def test_the_given_profile_is_left_alone(self):
        before = copy.deepcopy(REST)
        complete(REST)["objects"]["contact"]["path"] = "/changed"
        self.assertEqual(REST, before)

    def test_an_object_stands_over_the_profile(self):
        profile = copy.deepcopy(REST)
        profile["pagination"] = {"style": "offset", "page_size": 50}
        profile["objects"]["contact"]["pagination"] = {"page_size": 10}
        profile["objects"]["contact"]["delta"] = {"mode": "none"}
        full = complete(profile)["objects"]["contact"]
        self.assertEqual(full["pagination"]["style"], "offset")
        self.assertEqual(full["pagination"]["page_size"], 10)
        self.assertEqual(full["delta"]["mode"], "none")

    def test_a_graphql_style_brings_its_names(self):
        def paging(**given):
            profile = {**GRAPHQL, "pagination": given}
            return complete(profile)["objects"]["contact"]["pagination"]

        self.assertEqual(paging()["records_at"], "edges.*.node")
        self.assertEqual(
            paging(style="relay_snake")["has_more_at"], "page_info.has_next_page"
        )
        self.assertEqual(paging(style="lighthouse")["page_param"], "page")
        self.assertEqual(
            paging(style="offset", size_param="take")["size_param"], "take"
        )
        self.assertEqual(paging(style="offset")["has_more_at"], "")

    def test_another_style_of_an_object_forgets_the_names_of_the_profile(self):
        profile = copy.deepcopy(GRAPHQL)
        profile["pagination"] = {
            "style": "relay",
            "records_at": "nodes",
            "page_size": 7,
        }
        profile["objects"]["contact"]["pagination"] = {"style": "none"}
        full = complete(profile)["objects"]["contact"]["pagination"]
        self.assertEqual((full["records_at"], full["page_size"]), ("@", 7))
