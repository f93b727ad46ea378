import json
from datetime import datetime, timedelta, timezone

from graphql import print_ast

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.profile.defaults import complete
from odoo.addons.crm_migration.connectors.web.documents import read_template
from odoo.addons.crm_migration.connectors.web.queries import ObjectQueries
from odoo.addons.crm_migration.connectors.web.selection import (
    as_set,
    camel,
    read_selection,
)
from odoo.addons.crm_migration.exceptions import SourceError, SourceUnavailable

from .graphql_case import STYLES, GraphQLCase, ScriptedCase, pull

UTC = timezone.utc


class TestQueriesAreBuilt(BaseCase):
    def queries(self, schema=None, **parts):
        spec = {
            "root_field": "contacts",
            "selection": ["id first_name", "owner{id email}"],
            **parts.pop("contact", {}),
        }
        profile = {"transport": "graphql", "objects": {"contact": spec}, **parts}
        return ObjectQueries(complete(profile), "contact", schema)

    def text(self, document):
        return " ".join(print_ast(document).split())

    def test_relay(self):
        queries = self.queries(
            delta={
                "mode": "graphql_arg",
                "param": "filter:{updated_at:{gte:$since}}",
                "sort": {"param": "order_by:{field:UPDATED_AT,direction:ASC}"},
            }
        )
        self.assertEqual(
            self.text(queries.page("delta")),
            "query Contact($first: Int!, $after: String, $since: DateTime) { contacts("
            " first: $first after: $after filter: {updated_at: {gte: $since}} order_by:"
            " {field: UPDATED_AT, direction: ASC} ) { pageInfo { endCursor hasNextPage"
            " } totalCount edges { cursor node { id first_name owner { id email } } } }"
            " }",
        )
        self.assertNotIn("since", self.text(queries.page()))
        self.assertIn("order_by", self.text(queries.page()))

    def test_styles_ask_for_what_they_need(self):
        for style, texts in (
            ("relay_snake", ("page_info { end_cursor has_next_page }", "total_count")),
            ("lighthouse", ("first: $first, page: $page", "data {", "hasMorePages")),
            (
                "page_hasmore",
                ("pagination: {pageSize: $first, page: $page}", "pageInfo { hasMore }"),
            ),
            ("offset", ("limit: $first, offset: $offset) { id first_name",)),
            ("items_cursor", ("limit: $first, cursor: $after) { cursor items { id",)),
            ("none", ("contacts { id first_name",)),
        ):
            text = self.text(self.queries(pagination={"style": style}).page())
            for part in texts:
                self.assertIn(part, text, style)

    def test_camel_names_are_asked_for_under_their_snake_aliases(self):
        queries = self.queries(
            naming="camel",
            contact={"root_field": "custom_objects", "params": {"with_archived": True}},
            delta={"mode": "graphql_arg", "param": "filter:{updated_at:{gte:$since}}"},
        )
        text = self.text(queries.page("delta"))
        self.assertIn("customObjects(", text)
        self.assertIn("withArchived: true", text)
        self.assertIn("filter: {updatedAt: {gte: $since}}", text)
        self.assertIn("first_name: firstName", text)
        self.assertEqual(camel("first_name"), "firstName")
        self.assertEqual(camel("id"), "id")

    def test_values_are_never_pasted_into_the_text(self):
        evil = 'x") { secrets } #'
        queries = self.queries(contact={"params": {"q": evil, "n": [1, None, 2.5]}})
        text = self.text(queries.page())
        self.assertIn(json.dumps(evil), text)
        self.assertIn("n: [1, null, 2.5]", text)
        each = self.queries(contact={"foreach": {"param": "object", "values": [evil]}})
        self.assertNotIn("secrets", self.text(each.page(each=True)))
        self.assertIn("object: $each", self.text(each.page(each=True)))

    def test_arguments_of_one_name_are_joined(self):
        queries = self.queries(
            contact={"params": {"filter": {"archived": False}}},
            delta={"mode": "graphql_arg", "param": "filter:{updated_at:{gte:$since}}"},
        )
        self.assertIn(
            "filter: {archived: false, updated_at: {gte: $since}}",
            self.text(queries.page("delta")),
        )

    def test_lists_inside_a_record_are_asked_for_in_small_pages(self):
        selection = ["id", "companies{edges{is_primary node{id}}}"]
        queries = self.queries(contact={"selection": selection}, nested_size=15)
        document = queries.page()
        self.assertIn(
            "companies(first: $nested) { edges { is_primary node { id } } pageInfo {"
            " hasNextPage endCursor } }",
            self.text(document),
        )
        values = queries.variables(document, {"first": 100, "after": None})
        self.assertEqual(values, {"first": 100, "after": None, "nested": 15})

    def test_a_single_record(self):
        self.assertEqual(
            self.text(self.queries().single()),
            "query ContactOne($id: ID!) { record: node(id: $id) { ... on Contact { id"
            " first_name owner { id email } } } }",
        )
        own = {"single": {"root_field": "contact", "arg": "key"}}
        self.assertIn(
            "record: contact(key: $id) { id",
            self.text(self.queries(contact=own).single()),
        )

    def test_lean_queries(self):
        queries = self.queries()
        self.assertIn("node { id }", self.text(queries.page(lean="ids")))
        self.assertIn("edges { cursor }", self.text(queries.page(lean="cursors")))

    def test_selections_keep_aliases_arguments_and_fragments(self):
        text = 'short: name(max: 3) value { ... on Text { body } } tags(of: "a")'
        fields = read_selection([text])
        self.assertEqual(
            self.text(as_set(fields)),
            '{ short: name(max: 3) value { ... on Text { body } } tags(of: "a") }',
        )
        self.assertEqual(read_selection([]), {})

    def test_templates(self):
        self.assertEqual(read_template(" "), {})
        self.assertEqual(list(read_template("a:{b:{c:$since}}, d:ASC")), ["a", "d"])


class TestPullEveryStyle(GraphQLCase):
    def test_every_record_comes_once_and_in_order(self):
        for style in STYLES:
            for size in (100, 30):
                with self.subTest(style=style, size=size):
                    pulled = self.pull(self.styled(style, size))
                    self.assertIsNone(pulled.error)
                    self.assertEqual(len(pulled.ids), len(self.contacts))
                    self.assertEqual(set(pulled.ids), set(self.contacts))
                    lines = [record.line for record in pulled.records]
                    self.assertEqual(lines, list(range(1, len(lines) + 1)))
                    moments = [record.updated_at for record in pulled.records]
                    self.assertEqual(moments, sorted(moments))
                    self.assertIsNone(pulled.pages[-1].cursor)

    def test_all_styles_give_the_same_records(self):
        first = {r.external_id: r for r in self.pull(self.styled("relay")).records}
        for style in STYLES[1:]:
            other = {r.external_id: r for r in self.pull(self.styled(style)).records}
            self.assertEqual(other, first, style)

    def test_goes_on_from_every_cursor(self):
        for style in STYLES:
            whole = self.pull(self.styled(style, 80))
            for position, page in enumerate(whole.pages[:-1], start=1):
                cursor = json.loads(json.dumps(page.cursor))
                rest = pull(self.open(self.styled(style, 80)), cursor=cursor)
                self.assertIsNone(rest.error)
                self.assertEqual(
                    rest.records, [r for p in whole.pages[position:] for r in p.items]
                )

    def test_totals_and_the_newest_moment(self):
        pulled = self.pull(self.styled("relay"))
        self.assertEqual({page.total for page in pulled.pages}, {len(self.contacts)})
        for page in pulled.pages:
            self.assertEqual(
                page.newest, max(record.updated_at for record in page.items)
            )
        self.assertIsNone(self.pull(self.styled("items_cursor")).pages[0].total)

    def test_nodes_instead_of_edges(self):
        profile = self.profile()
        profile["pagination"]["records_at"] = "nodes"
        self.assertEqual(len(self.pull(profile).ids), len(self.contacts))

    def test_arguments_of_another_name(self):
        profile = self.styled("offset")
        profile["pagination"].update(size_param="take", offset_param="skip")
        self.assertEqual(len(self.pull(profile).ids), len(self.contacts))

    def test_camel_names_give_the_same_records(self):
        camel_case = self.profile("fasttrack_camel", {"naming": "camel"})
        self.assertEqual(self.pull(camel_case).records, self.pull().records)
        closed = self.profile(
            "fasttrack_camel", {"naming": "camel", "introspection": "off"}
        )
        self.assertEqual(self.pull(closed).records, self.pull().records)

    def test_every_object(self):
        connector = self.open()
        counts = {}
        for table in connector.tables():
            pulled = pull(connector, table.object)
            self.assertIsNone(pulled.error, table.object)
            self.assertEqual(pulled.problems, [])
            for record in pulled.records:
                counts[record.object] = counts.get(record.object, 0) + 1
        self.assertEqual(counts["deal"], 90)
        self.assertEqual(counts["lead"], 25)
        self.assertEqual(counts["custom_object_record"], 60)
        self.assertEqual(counts["association_label"], 4)
        self.assertEqual(counts["stage"], 11)
        self.assertEqual(connector.problems, [])

    def test_children_know_their_pipeline(self):
        stages = [r for r in self.pull(name="pipeline").records if r.object == "stage"]
        pipelines = set(self.store.tables["pipeline"])
        self.assertLessEqual({stage.data["pipeline"] for stage in stages}, pipelines)

    def test_lists_for_each_value(self):
        pulled = self.pull(name="custom_object_record")
        objects = {record.data["object"] for record in pulled.records}
        self.assertEqual(objects, set(self.store.tables["custom_object"]))
        for page in pulled.pages[:-1]:
            rest = pull(self.open(), "custom_object_record", page.cursor)
            self.assertEqual(rest.pages[-1].cursor, None)
            done = [r.external_id for r in pulled.records]
            self.assertEqual(rest.ids, done[len(done) - len(rest.ids) :])
        lines = [record.line for record in pulled.records]
        self.assertEqual(lines, list(range(1, len(lines) + 1)))

    def test_money_and_references_are_flat(self):
        deal = next(r for r in self.pull(name="deal").records if r.data["amount"])
        self.assertIsInstance(deal.data["amount"], str)
        self.assertEqual(len(deal.data["amount.currency"]), 3)
        self.assertIn(deal.data["owner"], self.store.tables["user"])
        self.assertIn("owner.email", deal.data)

    def test_identity(self):
        self.assertEqual(self.open().identity()["viewer"]["account"]["id"], "acc_ft")

    def test_one_record_again(self):
        connector = self.open()
        key = next(iter(self.store.tables["attachment"]))
        self.assertEqual(connector.read_item("attachment", key)["id"], key)
        self.assertIsNone(connector.read_item("attachment", "nobody"))
        url, _until = connector.new_link("attachment", key)
        self.assertTrue(url.startswith(self.sources.storage_url))


class TestChangesOnly(GraphQLCase):
    SINCE = datetime(2026, 10, 1, tzinfo=UTC)

    def changed(self, since):
        rows = self.store.listing("contact", since=since, sort="updated_at")
        return [row["id"] for row in rows]

    def test_the_source_is_asked_with_the_overlap_taken_off(self):
        for style in STYLES:
            pulled = pull(self.open(self.styled(style)), since=self.SINCE)
            wanted = self.changed(self.SINCE - timedelta(seconds=120))
            self.assertEqual(set(pulled.ids), set(wanted), style)
        (body, *_more) = self.queries()
        self.assertEqual(body["variables"]["since"], "2026-09-30T23:58:00Z")

    def test_a_cursor_keeps_the_filter_it_began_with(self):
        whole = pull(self.open(self.styled("relay", 5)), since=self.SINCE)
        later = datetime(2026, 11, 20, tzinfo=UTC)
        rest = pull(
            self.open(self.styled("relay", 5)), "contact", whole.pages[0].cursor, later
        )
        self.assertEqual(rest.ids, whole.ids[5:])

    def test_a_source_without_filter_is_read_whole_and_says_so(self):
        delta = {"mode": "graphql_arg", "param": "changed_since:$since"}
        for dialect in ({}, {"introspection": "off"}):
            pulled = pull(
                self.open(self.profile(dialect=dialect, delta=delta)), since=self.SINCE
            )
            self.assertEqual(len(pulled.ids), len(self.contacts))
            self.assertEqual(
                pulled.messages,
                [
                    "The source does not take argument changed_since:$since at contacts"
                    " { }: the list is read without it, whole and in its own order."
                ],
            )

    def test_no_filter_in_the_profile(self):
        pulled = pull(self.open(self.profile(delta={"mode": "none"})), since=self.SINCE)
        self.assertEqual(len(pulled.ids), len(self.contacts))
        self.assertEqual(pulled.problems, [])

    def test_filtered_here_where_the_source_cannot(self):
        profile = self.profile(delta={"mode": "client_side", "overlap_s": 0})
        pulled = pull(self.open(profile), since=self.SINCE)
        self.assertEqual(set(pulled.ids), set(self.changed(self.SINCE)))

    def test_a_variable_of_another_type_is_corrected(self):
        delta = {
            "mode": "graphql_arg",
            "param": "filter:{updated_at:{gte:$since}}",
            "variable_type": "String",
        }
        for dialect in ({}, {"introspection": "off"}):
            profile = self.profile(dialect=dialect, delta=delta)
            pulled = pull(self.open(profile), since=self.SINCE)
            self.assertIsNone(pulled.error)
            self.assertEqual(pulled.problems, [])
            self.assertLess(len(pulled.ids), len(self.contacts))

    def test_an_end_date_leaves_out_what_changed_later(self):
        until = datetime(2026, 6, 1, tzinfo=UTC)
        pulled = self.pull(self.styled("relay", 30), until=until)
        late = set(self.changed(until + timedelta(seconds=1)))
        self.assertEqual(set(pulled.ids), set(self.contacts) - late)
        (problem,) = pulled.problems
        self.assertEqual((problem.code, problem.severity), ("after_end", "info"))
        self.assertEqual(
            problem.message,
            f"{len(late)} records of contact changed after 2026-06-01 00:00 and are"
            " left out, as the end date wants",
        )

    def test_the_count_of_those_left_out_survives_a_restart(self):
        until = datetime(2026, 6, 1, tzinfo=UTC)
        whole = self.pull(self.styled("relay", 30), until=until)
        cursor = whole.pages[-2].cursor
        rest = pull(self.open(self.styled("relay", 30), until=until), cursor=cursor)
        self.assertEqual(rest.messages, whole.messages)


class TestWhatThePlanLacks(GraphQLCase):
    MISSING = "The source has no field {} at contacts {{ }}: it is left out."

    def test_missing_fields_are_dropped_and_said_once(self):
        for dialect in (
            {"plan": "basic"},
            {"plan": "basic", "introspection": "off"},
            {"plan": "basic", "introspection": "403", "quotes": "single"},
        ):
            with self.subTest(**dialect):
                profile = self.profile(dialect=dialect)
                profile["pagination"]["page_size"] = 30
                pulled = self.pull(profile)
                self.assertIsNone(pulled.error)
                self.assertEqual(len(pulled.ids), len(self.contacts))
                self.assertEqual(
                    sorted(problem.field for problem in pulled.problems),
                    ["birthday", "companies"],
                )
                for problem in pulled.problems:
                    self.assertEqual(
                        (problem.code, problem.severity), ("field_missing", "warning")
                    )
                    self.assertIn(self.MISSING.format(problem.field), problem.message)
                self.assertNotIn("birthday", pulled.records[0].data)

    def test_not_said_again_after_a_restart(self):
        profile = self.profile(dialect={"plan": "basic"})
        profile["pagination"]["page_size"] = 30
        whole = self.pull(profile)
        rest = pull(self.open(profile), cursor=whole.pages[0].cursor)
        self.assertEqual(rest.problems, [])
        self.assertEqual(rest.ids, whole.ids[30:])

    def test_a_field_that_goes_away_during_the_pull(self):
        self.fault("gated-field:Contact.phone*", nth=2)
        pulled = self.pull(self.styled("relay", 60))
        self.assertEqual(len(pulled.ids), len(self.contacts))
        self.assertEqual([p.field for p in pulled.problems], ["phone"])
        self.assertIn("phone", pulled.pages[0].items[0].data)
        self.assertNotIn("phone", pulled.pages[-1].items[-1].data)

    def test_a_nested_field_is_dropped_where_it_stands(self):
        self.fault("gated-field:User.email*")
        profile = self.profile(dialect={"introspection": "off"})
        pulled = self.pull(profile)
        self.assertEqual([p.field for p in pulled.problems], ["owner.email"])
        record = pulled.records[0].data
        self.assertIn("email", record)
        self.assertNotIn("owner.email", record)

    def test_an_object_that_the_plan_lacks_is_unavailable(self):
        for dialect in ({"plan": "basic"}, {"plan": "basic", "introspection": "off"}):
            pulled = self.pull(self.profile(dialect=dialect), "team")
            self.assertIsInstance(pulled.error, SourceUnavailable)
            self.assertRegex(
                str(pulled.error),
                r"The source does not have team: the \w+ has no root field “teams”\."
                r" Correct the object in the connection profile, or leave it out; the"
                r" others go on\.",
            )

    def test_fields_with_and_without_fields_of_their_own(self):
        for dialect in ({}, {"introspection": "off"}):
            profile = self.profile(dialect=dialect)
            profile["objects"]["contact"]["selection"] = [
                "id",
                "email{value}",
                "owner",
                "phone",
            ]
            pulled = self.pull(profile)
            self.assertIsNone(pulled.error)
            self.assertIn("email", pulled.records[0].data)
            self.assertEqual([p.field for p in pulled.problems], ["owner"])

    def test_another_paging_than_the_profile_has_stops_the_object(self):
        profile = self.profile(dialect={"paging": "lighthouse"})
        error = self.pull(profile).error
        self.assertIs(type(error), SourceError)
        self.assertEqual(
            str(error),
            "“contacts” has no “edges”: its paging is not relay. Correct the pagination"
            " of contact in the connection profile; Test and discover proposes one.",
        )

    def test_introspection_is_refused(self):
        for dialect in ({"introspection": "off"}, {"introspection": "403"}):
            connector = self.open(self.profile(dialect=dialect))
            pulled = pull(connector)
            self.assertEqual((pulled.error, pulled.problems), (None, []))
            (problem,) = connector.problems
            self.assertEqual(
                (problem.code, problem.severity), ("no_introspection", "info")
            )
            self.assertIn("The source does not tell its schema", problem.message)

    def test_introspection_is_not_asked_for_when_the_profile_says_so(self):
        self.pull(self.profile(introspection=False))
        texts = [one.body for one in self.sources.requests.of("graphql")]
        self.assertFalse([text for text in texts if b"__schema" in text])


class TestListsInsideRecords(GraphQLCase):
    def setUp(self):
        super().setUp()
        self.deal = next(iter(self.store.tables["deal"]))
        old = self.store.get("deal", self.deal)
        self.addCleanup(self.store.add, "deal", old)
        self.links = [
            {"labels": [f"L{n}"], "is_primary": n == 0, "node": {"id": key}}
            for n, key in enumerate(self.contacts[:47])
        ]
        self.store.add("deal", {**old, "contacts": self.links})

    def deals(self, **parts):
        pulled = self.pull(self.profile(**parts), "deal")
        self.assertIsNone(pulled.error)
        found = {record.external_id: record for record in pulled.records}
        return found[self.deal].data["contacts"], pulled

    def test_followed_to_the_end(self):
        contacts, pulled = self.deals()
        self.assertEqual(contacts, self.links)
        self.assertEqual(pulled.problems, [])
        self.assertEqual(
            self.queries()[0]["variables"].get("nested") if self.queries() else 20, 20
        )

    def test_followed_without_a_schema(self):
        contacts, _pulled = self.deals(dialect={"introspection": "off"})
        self.assertEqual(contacts, self.links)

    def test_what_cannot_be_followed_is_said(self):
        self.fault("data-null*", "DealOne")
        contacts, pulled = self.deals()
        self.assertEqual(contacts, self.links[:20])
        (problem,) = [p for p in pulled.problems if p.value == self.deal]
        self.assertEqual((problem.code, problem.field), ("partial_item", "contacts"))
        self.assertEqual(
            problem.message,
            f"deal {self.deal}: only the first 20 of contacts could be read: the source"
            " does not give the rest",
        )


class TestScriptedSources(ScriptedCase):
    def test_page_numbers_over_a_plain_list(self):
        paging = {
            "style": "lighthouse",
            "size_param": "perPage",
            "first_page": 0,
            "page_size": 2,
            "records_at": "@",
            "has_more_at": "",
            "total_at": "",
        }
        rows = [[{"id": "1"}, {"id": "2"}], [{"id": "3"}], []]
        self.answers(*({"data": {"contacts": page}} for page in rows))
        pulled = self.pull(pagination=paging)
        self.assertEqual((pulled.ids, pulled.error), (["1", "2", "3"], None))
        self.assertEqual(
            [body["variables"] for body in self.bodies],
            [{"first": 2, "page": number} for number in range(3)],
        )
        self.assertIn(
            "contacts(perPage: $first, page: $page) {", self.bodies[0]["query"]
        )

    def test_the_key_goes_along_and_the_body_is_json(self):
        self.answers(self.page("1"))
        self.pull()
        asked = self.source.asked("/graphql")[0]
        self.assertEqual(asked.headers["authorization"], "Bearer k3y-7f0c2b91")
        self.assertEqual(asked.headers["content-type"], "application/json")
        self.assertEqual(asked.headers["accept"], "application/json")
        self.assertEqual(self.bodies[0]["operationName"], "Contact")
        self.assertEqual(self.bodies[0]["variables"], {"first": 4, "after": None})

    def test_the_same_cursor_again_is_a_loop(self):
        self.answers(self.page("1", "2", after="A"), self.page("3", "4", after="A"))
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1", "2", "3", "4"][: len(pulled.ids)])
        self.assertIs(type(pulled.error), SourceError)
        self.assertIn("its cursor “A” came again", str(pulled.error))

    def test_cursors_in_a_circle_are_a_loop(self):
        self.answers(
            self.page("1", "2", after="A"),
            self.page("3", "4", after="B"),
            self.page("5", "6", after="A"),
        )
        self.assertIn("leads back to a page that was read", str(self.pull().error))

    def test_the_same_page_again_is_a_loop(self):
        self.answers(self.page("1", "2", after="A"), self.page("1", "2", after="B"))
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1", "2"])
        self.assertIn("gives the same page again", str(pulled.error))

    def test_more_pages_than_allowed(self):
        pages = [self.page(f"{n}a", f"{n}b", after=f"{n}") for n in range(9)]
        self.answers(*pages)
        error = self.pull(pagination={"style": "relay", "max_pages": 3}).error
        self.assertIn("contacts { } goes on after 3 pages", str(error))

    def test_the_end_without_a_cursor_or_without_more(self):
        for end in (
            {"hasNextPage": True, "endCursor": None},
            {"hasNextPage": False, "endCursor": "A"},
        ):
            page = self.page("1", "2")
            page["data"]["contacts"]["pageInfo"] = end
            self.answers(page)
            pulled = self.pull()
            self.assertEqual((pulled.ids, pulled.error), (["1", "2"], None))
            self.assertIsNone(pulled.pages[-1].cursor)

    def test_a_source_that_has_nodes_but_no_edges(self):
        complaint = {"message": 'Cannot query field "edges" on type "ContactPage".'}
        nodes = {"nodes": [{"id": "1"}], "pageInfo": {"hasNextPage": False}}
        self.answers({"errors": [complaint]}, {"data": {"contacts": nodes}})
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1"])
        self.assertEqual(pulled.problems, [])

    def test_counts_that_a_source_lacks_are_not_missed(self):
        complaint = {
            "message": "Field 'totalCount' doesn't exist on type 'ContactPage'"
        }
        self.answers({"errors": [complaint]}, self.page("1"))
        pulled = self.pull()
        self.assertEqual((pulled.ids, pulled.problems), (["1"], []))
        self.assertNotIn("totalCount", self.bodies[-1]["query"])

    def test_complaints_without_a_place_are_understood_by_type(self):
        complaints = [
            {"message": 'Cannot query field "name" on type "Contact".'},
            {"message": 'Cannot query field "email" on type "User".'},
        ]
        self.answers({"errors": complaints}, self.page("1"))
        pulled = self.pull()
        self.assertEqual([p.field for p in pulled.problems], ["name", "owner.email"])
        self.assertNotIn("email", self.bodies[-1]["query"])

    def test_status_400_with_a_complaint(self):
        complaint = {
            "message": 'Cannot query field "name" on type "Contact".',
            "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
        }
        self.answers(({"errors": [complaint]}, 400), self.page("1"))
        self.assertEqual(self.pull().ids, ["1"])

    def test_a_complaint_that_nothing_cures(self):
        complaint = {
            "message": "Syntax Error: the moon",
            "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
        }
        self.answers({"errors": [complaint]})
        error = self.pull().error
        self.assertEqual(
            str(error),
            "The source does not understand the query of contacts { } (Syntax Error:"
            " the moon). Correct selection and delta of the object in the connection"
            " profile.",
        )
        self.assertEqual(len(self.bodies), 1)

    def test_no_graphql_at_all(self):
        self.answers({"hello": "world"})
        self.assertIn("is no GraphQL answer", str(self.pull().error))
        self.answers(([1, 2], 200))
        self.assertIn("is no GraphQL answer", str(self.pull().error))

    def test_a_wrong_endpoint_is_no_missing_object(self):
        error = self.pull(endpoint="/elsewhere").error
        self.assertIs(type(error), SourceError)
        self.assertIn("Check base URL and path", str(error))

    def test_items_that_are_no_records(self):
        page = self.page("1", "2")
        edges = page["data"]["contacts"]["edges"]
        edges += [{"cursor": "c3", "node": "text"}, None, {"node": {"name": "no id"}}]
        self.answers(page)
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1", "2"])
        self.assertEqual([p.code for p in pulled.problems], ["corrupt_item"] * 3)
        self.assertEqual(
            [p.message for p in pulled.problems],
            [
                "contact at position 3 is set aside: it is not an object but str",
                "contact at position 4 is set aside: the source lists it without any"
                " content",
                "contact at position 5 is set aside: it has no id at “id”",
            ],
        )

    def test_numbers_that_are_no_numbers_and_deep_nesting(self):
        deep = {"id": "1"}
        for _ in range(60):
            deep = {"x": deep}
        page = self.page("9")
        page["data"]["contacts"]["edges"].append({"node": {"id": "2", "name": deep}})
        self.answers(page)
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["9"])
        self.assertIn("nested more than 40 levels deep", pulled.messages[0])
