import json
from datetime import datetime, timedelta, timezone

import flask

from odoo.addons.crm_migration.connectors.base import Problem, RawRecord, SourceTable
from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.connectors.web import open_source
from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.exceptions import (
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from odoo.addons.crm_migration.samples.servers import SampleSources

from .web_case import KEY, NOW, WebCase

TABLE = SourceTable("contact", "", ())
PAGE = {"style": "page", "page_size": 20, "total_at": "total"}
START = datetime(2026, 11, 1, tzinfo=timezone.utc)


def moment(minutes):
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


class RestCase(WebCase):
    """A list of contacts in the order of their changes; poisoned ones break a page."""

    def setUp(self):
        super().setUp()
        self.rows = [
            {"id": f"c{number}", "n": number, "updated_at": moment(number // 2)}
            for number in range(1, 61)
        ]
        self.poison = {}
        self.source.answers("/contacts", self.view)

    def view(self):
        args = flask.request.args
        rows = sorted(self.rows, key=lambda row: row["updated_at"])
        since = args.get("updated_since")
        if since:
            rows = [row for row in rows if row["updated_at"] >= since]
        size = int(args.get("per_page", 20))
        start = (int(args.get("page", 1)) - 1) * size
        cut = rows[start : start + size]
        for row in cut:
            if row["id"] in self.poison:
                return self.poison[row["id"]]
        more = start + size < len(rows)
        return {"data": cut, "total": len(rows), "meta": {"has_more": more}}

    def open(self, options=None, pagination=None, **parts):
        contact = {"path": "/contacts", **parts.pop("contact", {})}
        objects = {"contact": contact, **parts.pop("objects", {})}
        profile = self.profile(pagination=pagination or PAGE, objects=objects, **parts)
        connector = open_source(profile, {"api_key": KEY}, options or self.options())
        self.addCleanup(connector.close)
        return connector

    def pull(self, cursor=None, since=None, table=TABLE, **parts):
        return list(self.open(**parts).pages(table, cursor, since))

    def records(self, pages):
        return [
            item for page in pages for item in page.items if isinstance(item, RawRecord)
        ]

    def problems(self, pages):
        return [
            item for page in pages for item in page.items if isinstance(item, Problem)
        ]

    def ids(self, pages):
        return [record.external_id for record in self.records(pages)]


class TestPull(RestCase):
    def test_records_say_where_they_were(self):
        pages = self.pull()
        records = self.records(pages)
        self.assertEqual(self.ids(pages), [row["id"] for row in self.rows])
        self.assertEqual([record.line for record in records], list(range(1, 61)))
        self.assertEqual({record.file for record in records}, {"GET /contacts"})
        self.assertEqual(records[0].data["n"], 1)
        self.assertEqual([page.total for page in pages], [60, 60, 60])
        self.assertEqual(pages[0].newest, START + timedelta(minutes=10))
        self.assertIsNone(pages[-1].cursor)

    def test_a_table_for_each_list(self):
        connector = self.open(
            objects={
                "stage": {},
                "deal": {"path": "/api/{api_version}/deals"},
                "tag": {"path": "/tags", "active": False},
            },
            api_version="v2",
        )
        tables = {table.object: table.file for table in connector.tables()}
        self.assertEqual(
            tables, {"contact": "GET /contacts", "deal": "GET /api/v2/deals"}
        )
        self.assertTrue(connector.is_live)
        self.assertEqual(list(connector.binaries()), [])
        self.assertEqual(self.source.seen, [])

    def test_a_pull_killed_at_each_page_is_the_same_pull(self):
        self.poison["c33"] = ({"error": "unreadable"}, 500)
        whole = self.pull()
        self.assertEqual(len(self.records(whole)), 59)
        for kill in range(len(whole) - 1):
            cursor = json.loads(json.dumps(whole[kill].cursor))
            rest = self.pull(cursor)
            items = [item for page in whole[: kill + 1] for item in page.items]
            items += [item for page in rest for item in page.items]
            self.assertEqual(items, [item for page in whole for item in page.items])

    def test_a_cursor_has_no_secret_and_keeps_its_filter(self):
        delta = {"mode": "query", "param": "updated_since", "overlap_s": 0}
        since = START + timedelta(minutes=5)
        pages = self.pull(since=since, delta=delta)
        self.assertNotIn(KEY, json.dumps([page.cursor for page in pages]))
        self.source.seen.clear()
        later = START + timedelta(days=9)
        self.pull(pages[0].cursor, later, delta=delta)
        self.assertEqual(
            {asked.args["updated_since"] for asked in self.source.seen}, {moment(5)}
        )

    def test_equal_moments_at_a_page_edge_lose_nothing(self):
        for row in self.rows:
            row["updated_at"] = moment(7)
        pages = self.pull()
        self.assertEqual(len(set(self.ids(pages))), 60)
        delta = {"mode": "query", "param": "updated_since"}
        again = self.pull(since=pages[-1].newest, delta=delta)
        self.assertEqual(len(set(self.ids(again))), 60)

    def test_children_are_records_of_their_own(self):
        self.source.answers(
            "/pipelines",
            {"data": [{"id": "p1", "stages": [{"id": "s1"}, {"id": "s2"}, None]}]},
        )
        pipeline = {
            "path": "/pipelines",
            "expand_children": [{"at": "stages", "object": "stage"}],
        }
        table = SourceTable("pipeline", "", ())
        pages = self.pull(table=table, objects={"pipeline": pipeline, "stage": {}})
        found = {record.external_id: record for record in self.records(pages)}
        self.assertEqual(set(found), {"p1", "s1", "s2"})
        self.assertEqual(found["s1"].object, "stage")
        self.assertEqual(found["s1"].data["pipeline_id"], "p1")
        self.assertNotIn("stages", found["p1"].data)

    def test_sort_and_parameters_go_along(self):
        delta = {
            "mode": "query",
            "sort": {"param": "sort", "value": "n", "order_param": "o", "order": "asc"},
            "deleted": {"param": "include_deleted", "value": True},
        }
        contact = {
            "params": {"status": "all", "with_notes": True},
            "headers": {"X-Company": "7"},
        }
        self.pull(delta=delta, contact=contact)
        for asked in self.source.seen:
            self.assertEqual(asked.args["sort"], "n")
            self.assertEqual(asked.args["o"], "asc")
            self.assertEqual(asked.args["include_deleted"], "true")
            self.assertEqual(asked.args["status"], "all")
            self.assertEqual(asked.args["with_notes"], "true")
            self.assertEqual(asked.headers["x-company"], "7")

    def test_deleted_records_say_so(self):
        self.rows[3]["deleted_at"] = moment(1)
        pages = self.pull(delta={"deleted": {"flag_at": "deleted_at"}})
        deleted = [r.external_id for r in self.records(pages) if r.is_deleted]
        self.assertEqual(deleted, ["c4"])

    def test_one_record_is_read_by_its_id(self):
        self.source.answers("/contacts/c%201", {"data": {"id": "c 1"}})
        self.source.answers("/contacts/c 1", {"data": {"id": "c 1"}})
        connector = self.open(contact={"single": {"path": "/contacts/{id}"}})
        self.assertEqual(connector.read_item("contact", "c 1"), {"id": "c 1"})
        self.assertIsNone(connector.read_item("contact", "gone"))

    def test_other_failures_end_the_object_or_the_run(self):
        for answer, kind in (
            (({}, 401), SourceRefused),
            (({}, 403), SourceUnavailable),
            (({}, 404), SourceUnavailable),
            (({}, 422), SourceError),
        ):
            self.source.answers("/contacts", answer)
            error = self.refused(kind, self.pull)
            self.assertIn("(4", str(error))


class TestDelta(RestCase):
    SINCE = datetime(2026, 11, 1, 10, 30, 15, 400_000, timezone.utc)

    def ask(self, since=SINCE, contact=None, until=None, **delta):
        """Return what the first page was asked for with."""
        self.source.seen.clear()
        list(
            self.open(
                delta=delta, contact=contact or {}, options=self.options(until=until)
            ).pages(TABLE, None, since)
        )
        return self.source.seen[0]

    def test_each_way_to_write_a_moment(self):
        for style, text in (
            ("rfc3339", "2026-11-01T10:30:15Z"),
            ("iso_date", "2026-11-01"),
            ("epoch_s", "1793529015"),
            ("epoch_ms", "1793529015000"),
            ("sql_local", "2026-11-01 10:30:15"),
        ):
            asked = self.ask(mode="query", param="from", format=style, overlap_s=0)
            self.assertEqual(asked.args["from"], text)

    def test_local_time_is_that_of_the_account(self):
        connector = self.open(
            delta={"mode": "query", "format": "sql_local", "overlap_s": 0},
            datetime={"naive_tz": "America/Chicago"},
        )
        list(connector.pages(TABLE, None, self.SINCE))
        sent = self.source.seen[0].args["updated_since"]
        self.assertEqual(sent, "2026-11-01 04:30:15")

    def test_the_overlap_is_taken_off(self):
        asked = self.ask(mode="query")
        self.assertEqual(asked.args["updated_since"], "2026-11-01T10:28:15Z")

    def test_an_exclusive_source_is_asked_for_the_step_before(self):
        for style, text in (
            ("rfc3339", "2026-11-01T10:30:14Z"),
            ("iso_date", "2026-10-31"),
            ("epoch_ms", "1793529014000"),
        ):
            asked = self.ask(
                mode="query", param="from", format=style, overlap_s=0, inclusive=False
            )
            self.assertEqual(asked.args["from"], text)

    def test_an_exclusive_source_loses_no_equal_moment(self):
        def view():
            since = flask.request.args.get("updated_since", "")
            rows = [row for row in self.rows if row["updated_at"] > since]
            return {"data": rows}

        self.source.answers("/contacts", view)
        newest = START + timedelta(minutes=20)
        delta = {"mode": "query", "overlap_s": 0, "inclusive": False}
        pages = self.pull(since=newest, delta=delta, pagination={"style": "none"})
        self.assertEqual(self.ids(pages)[:2], ["c40", "c41"])

    def test_a_header(self):
        asked = self.ask(mode="header_if_modified_since", overlap_s=0)
        self.assertEqual(
            asked.headers["if-modified-since"], "Sun, 01 Nov 2026 10:30:15 GMT"
        )
        self.source.answers("/contacts", ("", 304))
        pages = self.pull(since=self.SINCE, delta={"mode": "header_if_modified_since"})
        self.assertEqual([page.items for page in pages], [()])

    def test_a_search(self):
        self.source.answers("/contacts/search", {"data": []})
        body = {"filterGroups": [{"filters": [{"op": "GTE", "value": "{since}"}]}]}
        asked = self.ask(
            mode="search_post",
            path="/contacts/search",
            body=body,
            format="epoch_ms",
            overlap_s=0,
        )
        self.assertEqual((asked.method, asked.path), ("POST", "/contacts/search"))
        sent = json.loads(asked.body)
        self.assertEqual(
            sent["filterGroups"][0]["filters"][0]["value"], 1_793_529_015_000
        )
        self.assertEqual((sent["page"], sent["per_page"]), (1, 20))
        asked = self.ask(None, mode="search_post", path="/contacts/search", body=body)
        self.assertEqual((asked.method, asked.path), ("GET", "/contacts"))

    def test_the_client_may_have_to_look_itself(self):
        self.rows.append({"id": "undated"})
        self.source.answers("/contacts", {"data": self.rows})
        pages = self.pull(
            since=START + timedelta(minutes=25),
            delta={"mode": "client_side", "overlap_s": 0},
            pagination={"style": "none"},
        )
        self.assertEqual(
            self.ids(pages), [f"c{n}" for n in range(50, 61)] + ["undated"]
        )

    def test_no_filter_gives_everything(self):
        self.assertEqual(len(self.ids(self.pull(since=START, delta={}))), 60)
        self.assertEqual(set(self.source.seen[0].args), {"page", "per_page"})

    def test_an_object_may_have_its_own_filter(self):
        connector = self.open(
            delta={"mode": "query"}, contact={"delta": {"param": "modified_after"}}
        )
        list(connector.pages(TABLE, None, self.SINCE))
        self.assertIn("modified_after", self.source.seen[0].args)

    def test_what_changed_after_the_end_is_left_out_and_counted(self):
        until = START + timedelta(minutes=20)
        options = self.options(until=until)
        pages = self.pull(options=options)
        self.assertEqual(self.ids(pages), [f"c{number}" for number in range(1, 42)])
        (problem,) = self.problems(pages)
        self.assertEqual((problem.code, problem.severity), ("after_end", "info"))
        self.assertEqual(problem.value, "19")
        self.assertIn("19 records of contact changed after 2026-11-01", problem.message)
        self.assertEqual(pages[-1].items[-1], problem)
        for page in pages[:-1]:
            resumed = self.pull(page.cursor, options=options)
            self.assertEqual([p.value for p in self.problems(resumed)], ["19"])
        asked = self.ask(None, mode="query", until_param="to", until=until)
        self.assertEqual(asked.args["to"], "2026-11-01T00:20:01Z")


class TestBrokenItems(RestCase):
    POISON = ({"error": {"message": "unreadable"}}, 500)

    def test_items_that_are_none_are_set_aside(self):
        rows = [{"id": "a"}, None, "text", {"name": "no id"}, [1], {"id": "b"}]
        self.source.answers("/contacts", {"data": rows})
        pages = self.pull()
        self.assertEqual(self.ids(pages), ["a", "b"])
        problems = self.problems(pages)
        self.assertEqual({problem.code for problem in problems}, {"corrupt_item"})
        self.assertEqual([problem.line for problem in problems], [2, 3, 4, 5])
        self.assertEqual({problem.file for problem in problems}, {"GET /contacts"})
        self.assertEqual(problems[0].object, "contact")
        self.assertIn("is set aside", problems[0].message)

    def assert_left_out(self, pages, *left):
        self.assertEqual(
            self.ids(pages),
            [row["id"] for row in self.rows if row["id"] not in left],
        )
        problems = self.problems(pages)
        self.assertEqual(len(problems), len(left))
        numbers = [int(key[1:]) for key in left]
        self.assertEqual([problem.line for problem in problems], numbers)
        return problems

    def test_the_item_that_breaks_a_page_is_found(self):
        self.poison["c33"] = self.POISON
        pages = self.pull()
        (problem,) = self.assert_left_out(pages, "c33")
        self.assertEqual(problem.code, "corrupt_item")
        self.assertIn(
            "contact at position 33 is set aside: the source", problem.message
        )
        self.assertIn("unreadable", problem.message)
        lines = sorted(record.line for record in self.records(pages))
        self.assertEqual(lines, [n for n in range(1, 61) if n != 33])

    def test_an_item_with_torn_json(self):
        self.poison["c1"] = ('{"data": [{"id', 200)
        self.poison["c60"] = ('{"data": [{"id', 200)
        problems = self.assert_left_out(self.pull(), "c1", "c60")
        self.assertIn("no complete JSON", problems[0].message)

    def test_several_in_a_row(self):
        for key in ("c20", "c21", "c22"):
            self.poison[key] = self.POISON
        self.assert_left_out(self.pull(), "c20", "c21", "c22")

    def test_an_offset_finds_it_too(self):
        def view():
            start = int(flask.request.args["offset"])
            size = int(flask.request.args["limit"])
            cut = self.rows[start : start + size]
            if any(row["id"] == "c33" for row in cut):
                return self.POISON
            return {"data": cut}

        self.source.answers("/contacts", view)
        pagination = {"style": "offset", "size_param": "limit", "page_size": 20}
        self.assert_left_out(self.pull(pagination=pagination), "c33")

    def test_a_cursor_gets_past_it_by_time_or_as_far_as_it_can(self):
        """Nobody knows the cursor behind an item that cannot be read."""

        def view():
            args = flask.request.args
            since = args.get("updated_since", "")
            rows = [row for row in self.rows if row["updated_at"] >= since]
            start, size = int(args.get("cursor", 0)), int(args["limit"])
            cut = rows[start : start + size]
            if any(row["id"] == "c33" for row in cut):
                return self.POISON
            end = start + size
            return {"data": cut, "meta": {"next_cursor": end if cut else None}}

        self.source.answers("/contacts", view)
        pagination = {"style": "cursor", "size_param": "limit", "page_size": 20}
        delta = {"mode": "query", "param": "updated_since"}
        self.assert_left_out(self.pull(pagination=pagination, delta=delta), "c33")
        self.rows[5]["updated_at"] = moment(25)
        pages = []
        with self.assertRaisesRegex(Trouble, "name delta.mode with delta.sort"):
            for page in self.open(pagination=pagination, delta=delta).pages(TABLE):
                pages.append(page)
        self.assertEqual(self.ids(pages), [f"c{n}" for n in range(1, 33)])

    def test_a_source_that_is_down_sets_nothing_aside(self):
        pages = iter(self.open().pages(TABLE))
        first = next(pages)
        self.source.answers("/contacts", ("down", 503))
        error = self.refused(Trouble, next, pages)
        self.assertIn("The source failed at GET /contacts (503", str(error))
        self.source.answers("/contacts", self.view)
        rest = self.pull(first.cursor)
        self.assertEqual(len(self.ids([first, *rest])), 60)

    def test_a_source_that_says_when_to_come_back_is_not_searched(self):
        self.source.answers("/contacts", ("", 503, {"Retry-After": "20"}))
        self.refused(Trouble, self.pull)
        self.assertEqual(len(self.source.seen), 5)

    def test_207_names_what_it_could_not_give(self):
        rows = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
        errors = [
            {"id": "b", "message": "cannot be decoded"},
            {"category": "OBJECT_NOT_FOUND", "context": {"ids": ["x", "y"]}},
        ]
        self.source.answers("/contacts", ({"data": rows, "errors": errors}, 207))
        pages = self.pull()
        self.assertEqual(self.ids(pages), ["a", "c"])
        problems = self.problems(pages)
        self.assertEqual([problem.value for problem in problems], ["b", "x", "y"])
        self.assertIn(
            "id “b” is set aside: the source cannot read it: cannot be decoded",
            problems[0].message,
        )
        self.assertIn("OBJECT_NOT_FOUND", problems[1].message)


class TestDrift(RestCase):
    """The list changes while it is read."""

    def drifting(self, change, **parts):
        """Return the pages of a pull with a change of the source after the first."""
        pages = iter(self.open(**parts).pages(TABLE))
        got = [next(pages)]
        change()
        return [*got, *pages]

    def test_a_record_that_is_changed_moves_no_other_out_of_sight(self):
        def change():
            self.rows[4]["updated_at"] = moment(999)

        got = self.drifting(change)
        self.assertEqual(set(self.ids(got)), {row["id"] for row in self.rows})
        again = [r for r in self.records(got) if r.external_id == "c5"]
        self.assertEqual(len(again), 2)
        self.assertEqual(again[-1].updated_at, START + timedelta(minutes=999))
        self.assertIsNone(got[-1].cursor)

    def test_a_record_that_is_deleted_moves_no_other_out_of_sight(self):
        got = self.drifting(lambda: self.rows.pop(0))
        self.assertEqual(set(self.ids(got)), {row["id"] for row in self.rows} | {"c1"})

    def test_a_list_that_does_not_drift_is_read_once(self):
        self.pull()
        self.assertEqual(len(self.source.seen), 3)

    def test_a_list_that_always_drifts_comes_to_an_end(self):
        count = iter(range(1000, 10_000))

        def view():
            for row in self.rows[:3]:
                row["updated_at"] = moment(next(count))
            return self.view()

        self.source.answers("/contacts", view)
        pages = self.pull()
        self.assertEqual(set(self.ids(pages)), {row["id"] for row in self.rows})
        self.assertLessEqual(len(self.source.seen), 9)

    def test_replays_are_given_on(self):
        self.rows.insert(30, dict(self.rows[29]))
        pages = self.pull()
        self.assertEqual(self.ids(pages).count("c30"), 2)
        self.assertEqual(len(self.source.seen), 4)


class TestForeach(RestCase):
    def test_a_list_for_each_value(self):
        def view():
            wanted = flask.request.args["object"]
            return {"data": [{"id": f"{wanted}-{n}"} for n in range(3)]}

        self.source.answers("/properties", view)
        spec = {
            "path": "/properties",
            "foreach": {"param": "object", "values": ["contact", "deal"], "fill": "of"},
        }
        table = SourceTable("property", "", ())
        pages = self.pull(table=table, objects={"property": spec})
        records = self.records(pages)
        self.assertEqual([record.line for record in records], [1, 2, 3, 4, 5, 6])
        self.assertEqual([r.data["of"] for r in records][2:4], ["contact", "deal"])
        self.assertEqual(records[0].file, "GET /properties?object=contact")
        self.assertEqual([page.cursor is None for page in pages], [False, True])
        rest = self.pull(pages[0].cursor, table=table, objects={"property": spec})
        self.assertEqual(rest, pages[1:])

    def test_a_list_for_each_record_of_another(self):
        self.source.answers("/pipelines", {"data": [{"id": 7}, {"id": 8}]})
        for number in (7, 8):
            stages = {"data": [{"id": f"s{number}"}]}
            self.source.answers(f"/pipelines/{number}/stages", stages)
        objects = {
            "pipeline": {
                "path": "/pipelines",
                "id_normalise": {"pattern": r"^(\d+)$", "replace": r"pl_\1"},
            },
            "stage": {
                "path": "/pipelines/{id}/stages",
                "foreach": {"param": "id", "object": "pipeline", "fill": "pipeline_id"},
            },
        }
        pages = self.pull(table=SourceTable("stage", "", ()), objects=objects)
        self.assertEqual(
            [(r.external_id, r.data["pipeline_id"]) for r in self.records(pages)],
            [("s7", "pl_7"), ("s8", "pl_8")],
        )
        self.assertEqual(self.records(pages)[0].file, "GET /pipelines/7/stages")

    def test_a_value_that_is_gone_when_the_pull_goes_on(self):
        self.source.answers("/p", lambda: {"data": [{"id": flask.request.args["of"]}]})
        spec = {"path": "/p", "foreach": {"param": "of", "values": ["a", "b"]}}
        table = SourceTable("p", "", ())
        cursor = {"value": "gone", "place": {"offset": 90}, "line": 7, "pages": 3}
        pages = self.pull(cursor, table=table, objects={"p": spec})
        self.assertEqual(self.ids(pages), ["a", "b"])

    def test_a_value_that_the_source_does_not_have(self):
        def view():
            if flask.request.args["object"] == "deal":
                return {"error": "no such object"}, 404
            return {"data": [{"id": "x"}]}

        self.source.answers("/properties", view)
        spec = {
            "path": "/properties",
            "foreach": {"param": "object", "values": ["deal", "contact"]},
        }
        table = SourceTable("property", "", ())
        pages = self.pull(table=table, objects={"property": spec})
        self.assertEqual(self.ids(pages), ["x"])
        (problem,) = self.problems(pages)
        self.assertEqual((problem.code, problem.severity), ("unavailable", "warning"))
        spec["foreach"]["values"] = ["deal", "deal "]
        self.source.answers("/properties", ({}, 404))
        self.refused(
            SourceUnavailable, self.pull, table=table, objects={"property": spec}
        )


class TestSample(WebCase):
    """The shipped profiles against the sample server, wire to record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = SampleSources(clock=lambda: NOW)
        cls.sources.start()
        cls.addClassCleanup(cls.sources.stop)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.sources.faults.clear)
        self.truth = self.sources.world.truth()["road_runner"]

    def open(self, preset="roadrunner_v2", base="", **limits):
        profile = load_preset_profile(preset)
        profile["base_url"] = base or self.sources.rest_url
        profile["limits"] = {**profile.get("limits", {}), "max_rps": 0, **limits}
        secrets = {"api_key": self.sources.auth.api_key}
        connector = open_source(profile, secrets, self.options())
        self.addCleanup(connector.close)
        return connector

    def pull(self, connector, since=None):
        """Return {object: {id: record}} and the problems."""
        found, problems = {}, []
        jobs = [(table, None, since) for table in connector.tables()]
        for _table, page in connector.stream(jobs):
            if isinstance(page, Exception):
                raise page
            for item in page.items:
                if isinstance(item, Problem):
                    problems.append(item)
                else:
                    found.setdefault(item.object, {})[item.external_id] = item
        return found, problems

    def test_everything_is_pulled(self):
        found, _problems = self.pull(self.open())
        for name, facts in self.truth.items():
            if facts["all"] and name != "property_definition":
                self.assertEqual(len(found[name]), facts["all"], name)

    def test_the_old_dialect_gives_the_same_ids(self):
        new, _problems = self.pull(self.open())
        old, _problems = self.pull(self.open("roadrunner_v1"))
        for name in ("contact", "deal", "task", "activity", "user"):
            live = {key for key, record in new[name].items() if not record.is_deleted}
            self.assertLessEqual(live, set(old[name]), name)

    def test_every_style_of_paging_gives_the_same(self):
        whole, _problems = self.pull(self.open())
        wanted = set(whole["contact"])
        for style, pagination in (
            ("page_bare", {"style": "page"}),
            ("page_array", {"style": "page", "total_header": "X-Total-Count"}),
            (
                "zuper",
                {"total_pages_at": "total_pages", "total_at": "total_records"},
            ),
            ("zoho", {"has_more_at": "info.more_records"}),
            ("cliniko", {"records_at": "contacts", "total_at": "total_entries"}),
            ("offset", {"style": "offset", "size_param": "limit"}),
            (
                "pipedrive_v1",
                {
                    "style": "offset",
                    "offset_param": "start",
                    "size_param": "limit",
                    "has_more_at": "additional_data.*.more_items_in_collection",
                },
            ),
            ("cursor", {"style": "cursor", "size_param": "limit"}),
            (
                "cursor_header",
                {"style": "cursor", "next_cursor_header": "X-Next-Cursor"},
            ),
            (
                "pipedrive_v2",
                {
                    "style": "cursor",
                    "size_param": "limit",
                    "next_cursor_at": "additional_data.next_cursor",
                },
            ),
            (
                "hubspot",
                {
                    "style": "cursor",
                    "size_param": "limit",
                    "cursor_param": "after",
                    "records_at": "results",
                    "next_cursor_at": "paging.next.after",
                },
            ),
            ("next_url", {"style": "next_url", "size_param": "limit"}),
            ("link_header", {"style": "link_header"}),
        ):
            profile = load_preset_profile("roadrunner_v2")
            spec = profile["objects"]["contact"]
            spec.pop("records_at", None)
            profile |= {
                "base_url": self.sources.paged(style),
                "pagination": {**pagination, "page_size": 25},
                "limits": {"max_rps": 0},
                "objects": {"contact": spec},
            }
            secrets = {"api_key": self.sources.auth.api_key}
            with open_source(profile, secrets, self.options()) as connector:
                found, _problems = self.pull(connector)
            self.assertEqual(set(found["contact"]), wanted, style)

    def test_a_source_that_is_stuck_is_found_out(self):
        for style, words in (
            ("page_stuck", "the same page again"),
            ("cursor_stuck", "same page again|was read before"),
        ):
            profile = load_preset_profile("roadrunner_v2")
            kind = "cursor" if "cursor" in style else "page"
            profile["base_url"] = self.sources.paged(style)
            profile["pagination"]["style"] = kind
            secrets = {"api_key": self.sources.auth.api_key}
            with open_source(profile, secrets, self.options()) as connector:
                with self.assertRaisesRegex(SourceError, words):
                    list(connector.pages(TABLE))

    def test_faults_on_the_way_change_nothing(self):
        wanted, _problems = self.pull(self.open())
        for fault, path in (
            ("429:2", "contacts"),
            ("429-date:2", "deals"),
            ("429-none", "tasks"),
            ("429-structured:3", "activities"),
            ("429-hubspot", "users"),
            ("500x2", "tags"),
            ("502-html", "files"),
            ("503-empty", "projects"),
            ("reset", "equipment"),
            ("423", "pipelines"),
            ("truncated", "properties"),
        ):
            self.sources.faults.add(fault, path=path)
        self.sources.faults.add("cut", path="contacts", nth=4)
        found, _problems = self.pull(self.open())
        self.assertEqual(found, wanted)
        self.assertTrue(self.naps)

    def test_the_poisoned_record_is_set_aside(self):
        store = self.sources.world.road_runner
        store.poison["ct_20"] = "page"
        self.addCleanup(store.poison.pop, "ct_20")
        found, problems = self.pull(self.open())
        self.assertNotIn("ct_20", found["contact"])
        self.assertEqual(len(found["contact"]), self.truth["contact"]["all"] - 1)
        self.assertEqual(
            [p.code for p in problems if p.object == "contact"], ["corrupt_item"]
        )

    def test_only_what_changed(self):
        whole, _problems = self.pull(self.open())
        moments = sorted(
            record.updated_at for record in whole["deal"].values() if record.updated_at
        )
        since = moments[-5]
        found, _problems = self.pull(self.open(), since)
        self.assertLessEqual(
            {k for k, r in whole["deal"].items() if r.updated_at >= since},
            set(found["deal"]),
        )
        self.assertLess(len(found["deal"]), len(whole["deal"]))

    def test_a_key_that_ends_in_the_middle_stops_the_run(self):
        self.sources.faults.add("401*", path="contacts", nth=2)
        connector = self.open()
        with self.assertRaises(SourceRefused):
            list(connector.pages(TABLE))
