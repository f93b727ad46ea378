import base64
import json
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import flask

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.base import Problem, RawRecord, SourceTable
from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.connectors.web import open_source
from odoo.addons.crm_migration.connectors.web.delta import Delta
from odoo.addons.crm_migration.connectors.web.detour import (
    MOST_IDS,
    Trail,
    first_readable,
)
from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.exceptions import SourceError, SourceRefused
from odoo.addons.crm_migration.samples.servers import SampleSources

from .test_web_rest import START, TABLE, RestCase, moment
from .web_case import NOW, WebCase

CURSOR = {"style": "cursor", "size_param": "limit", "page_size": 20}
SORT = {"param": "sort", "value": "updated_at", "order_param": "order", "order": "asc"}
DELTA = {"mode": "query", "param": "updated_since", "overlap_s": 0, "sort": SORT}
GUESSED = {**DELTA, "sort": {}}
ADVICE = "If it fails at one record only, name delta.mode with delta.sort"


class TestSearch(BaseCase):
    """Poisoned seconds break every list that begins at them or before."""

    def bad(self, *seconds):
        """Search where others stand at each tenth second; return what is found."""
        rows = sorted({*range(110, 600, 10), *seconds})
        self.asked = []

        def is_readable(second):
            self.asked.append(second)
            return next((row for row in rows if row >= second), None) not in seconds

        return first_readable(100, (10_000,), is_readable)

    def test_the_second_behind_it(self):
        for second in (101, 102, 103, 107, 109):
            self.assertEqual(self.bad(second), second + 1)
        self.assertEqual(self.asked[:5], [10_000, 101, 103, 107, 115])

    def test_several_side_by_side(self):
        self.assertEqual(self.bad(101, 103, 104, 108), 109)

    def test_it_ends_behind_an_unreadable_one(self):
        found = self.bad(101, 113, 131)
        self.assertIn(found, (102, 114, 132))

    def test_the_last_of_all(self):
        found = first_readable(100, (10_000,), lambda second: second > 5000)
        self.assertEqual(found, 5001)

    def test_a_source_that_is_down_is_asked_once_for_each_end(self):
        asked = []
        ends = (1000, 2000)
        self.assertIsNone(first_readable(100, ends, lambda s: asked.append(s)))
        self.assertEqual(asked, [1000, 2000])

    def test_nothing_is_looked_for_in_the_future(self):
        self.assertIsNone(first_readable(100, (50, 100), lambda second: True))
        self.assertEqual(first_readable(100, (50, 200), lambda second: True), 101)


class TestTrail(BaseCase):
    def trail(self, *minutes):
        trail = Trail()
        for number, minute in enumerate(minutes):
            when = None if minute is None else START + timedelta(minutes=minute)
            trail.takes(f"c{number}", when)
        return trail

    def test_an_order_is_believed_after_ten_records(self):
        self.assertTrue(self.trail(*range(10)).is_ascending(""))
        self.assertFalse(self.trail(*range(9)).is_ascending(""))
        self.assertFalse(self.trail(*[3] * 20).is_ascending(""))
        self.assertFalse(self.trail(*range(10), 4).is_ascending(""))

    def test_an_order_that_is_named_is_believed_until_it_is_broken(self):
        for order in ("asc", "named"):
            self.assertTrue(self.trail().is_ascending(order))
            self.assertTrue(self.trail(1, None, 1).is_ascending(order))
            self.assertFalse(self.trail(2, 1).is_ascending(order))
        self.assertFalse(self.trail(1).is_ascending("desc"))

    def test_what_came_before_an_entry_comes_once(self):
        trail = self.trail(1, 2, 2, None)
        trail.enter(START)
        trail = Trail.of(json.loads(json.dumps(trail.as_json())))
        two = START + timedelta(minutes=2)
        self.assertFalse(trail.takes("c0", START + timedelta(minutes=1)))
        self.assertFalse(trail.takes("c1", two))
        self.assertFalse(trail.takes("c3", None))
        self.assertEqual(trail.turns, 1)
        self.assertTrue(trail.takes("new", two))
        self.assertTrue(trail.takes("c1", two + timedelta(seconds=1)))
        self.assertTrue(trail.takes("", None))
        self.assertEqual(trail.turns, 0)

    def test_ids_are_not_kept_without_end(self):
        trail = self.trail(*[1] * (MOST_IDS + 50))
        self.assertEqual(len(trail.as_json()["edge"]), MOST_IDS)

    def test_an_order_that_ends_is_found_out(self):
        trail = self.trail(*range(10))
        trail.enter(START + timedelta(minutes=30))
        for minute, betrayed in ((40, False), (40, False), (35, True)):
            trail.takes(f"x{minute}", START + timedelta(minutes=minute))
            self.assertEqual(trail.is_betrayed, betrayed)

    def test_the_order_that_a_profile_names(self):
        for sort, order in (
            ({}, ""),
            ({"value": "updated_at", "order": "asc"}, ""),
            ({"param": "s", "value": "updated_at"}, "named"),
            ({"param": "s", "value": "updated_at", "order": "ASC"}, "asc"),
            ({"param": "s", "value": "updated_at:ascending"}, "asc"),
            ({"param": "s", "value": "updated_at", "order": "desc"}, "desc"),
            ({"param": "s", "value": "-updated_at"}, "desc"),
            ({"param": "s", "value": "updated_at_desc"}, "desc"),
            ({"param": "s", "value": "last_cascade"}, "named"),
        ):
            self.assertEqual(Delta({"sort": sort}).order, order, sort)


class DetourCase(RestCase):
    POISON = ({"error": {"message": "unreadable"}}, 500)

    def setUp(self):
        super().setUp()
        # one a minute
        for number, row in enumerate(self.rows, 1):
            row["updated_at"] = moment(number)
        self.source.answers("/contacts", self.by_cursor)

    def found(self, since=""):
        return [row for row in self.rows if row["updated_at"] >= since]

    def cut(self, start, size, rows=None):
        """Return the rows of a page and where the next begins, 0 if none."""
        rows = (
            self.found(flask.request.args.get("updated_since", ""))
            if (rows is None)
            else rows
        )
        part = rows[start : start + size]
        for row in part:
            if row["id"] in self.poison:
                flask.abort(flask.make_response(*self.POISON))
        end = start + size
        return part, end if end < len(rows) else 0

    def by_cursor(self):
        args = flask.request.args
        start = int(base64.b64decode(args.get("cursor", "")) or 0)
        part, end = self.cut(start, int(args.get("limit", 20)))
        after = base64.b64encode(str(end).encode()).decode() if end else None
        return {"data": part, "meta": {"next_cursor": after}}

    def pull(self, *args, pagination=None, delta=None, **parts):
        delta = DELTA if delta is None else delta
        parts.update(pagination=pagination or CURSOR, delta=delta)
        return super().pull(*args, **parts)

    def break_(self, *keys):
        self.poison.update(dict.fromkeys(keys, True))

    def assert_around(self, pages, *left, problems=None):
        """Everything else came once, in its order; return the problems."""
        wanted = [row["id"] for row in self.rows if row["id"] not in left]
        self.assertEqual(self.ids(pages), wanted)
        found = self.problems(pages)
        self.assertEqual({problem.code for problem in found}, {"corrupt_item"})
        self.assertEqual(len(found), len(left) if problems is None else problems)
        self.assertIsNone(pages[-1].cursor)
        return found

    def assert_same_when_killed(self, whole, **parts):
        items = [item for page in whole for item in page.items]
        for kill in range(len(whole) - 1):
            cursor = json.loads(json.dumps(whole[kill].cursor))
            rest = self.pull(cursor, **parts)
            found = [item for page in whole[: kill + 1] for item in page.items]
            found += [item for page in rest for item in page.items]
            self.assertEqual(found, items)
            cursors = [page.cursor for page in whole[kill + 1 :]]
            self.assertEqual([page.cursor for page in rest], cursors)

    def ended(self, *args, kind=Trouble, **parts):
        """Return the pages that came before the error, and the error."""
        connector = self.open(**{"pagination": CURSOR, "delta": DELTA, **parts})
        pages = []
        try:
            for page in connector.pages(*(args or (TABLE,))):
                pages.append(page)
        except SourceError as error:
            self.assertIs(type(error), kind)
            return pages, str(error)
        self.fail("no error")


class TestCursors(DetourCase):
    """A list led by cursors, in ascending order of change."""

    def test_an_item_is_gone_around(self):
        self.break_("c33")
        for delta in (DELTA, GUESSED):
            (problem,) = self.assert_around(self.pull(delta=delta), "c33")
            self.assertEqual(problem.line, 33)
            self.assertIn(
                "contact at position 33 is set aside: the source fails at a record that"
                " changed from 2026-11-01 00:32:00 UTC on and before 2026-11-01"
                " 00:33:01 UTC, and what else changed in exactly that time cannot be"
                " asked for either: The source failed at GET /contacts (500:"
                " unreadable)",
                problem.message,
            )

    def test_several_items(self):
        for keys in (
            ("c1", "c60"),
            ("c2", "c30", "c58"),
            ("c20", "c40"),
        ):
            with self.subTest(keys):
                self.poison.clear()
                self.break_(*keys)
                self.assert_around(self.pull(), *keys)

    def test_several_side_by_side_are_one_gap(self):
        for keys in (("c1", "c2", "c3"), ("c30", "c31"), ("c59", "c60")):
            with self.subTest(keys):
                self.poison.clear()
                self.break_(*keys)
                self.assert_around(self.pull(), *keys, problems=1)

    def test_every_second_item(self):
        """Some good ones may fall into a gap, which says so; nothing else is lost."""
        keys = [f"c{number}" for number in range(10, 30, 2)]
        self.break_(*keys)
        pages = self.pull()
        ids = self.ids(pages)
        self.assertEqual(len(ids), len(set(ids)))
        lost = {row["id"] for row in self.rows} - set(ids) - set(keys)
        self.assertLessEqual(lost, {f"c{number}" for number in range(11, 29, 2)})
        self.assertTrue(self.problems(pages))

    def test_all_items(self):
        self.break_(*(row["id"] for row in self.rows))
        pages = self.pull()
        self.assertEqual(self.ids(pages), [])
        (problem,) = self.problems(pages)
        self.assertIn("changed before 2026-11-01 01:00:01 UTC", problem.message)

    def test_what_changed_in_the_same_second_is_in_the_gap(self):
        for number in (32, 33, 34, 35):
            self.rows[number - 1]["updated_at"] = moment(32)
        self.break_("c34")
        (problem,) = self.assert_around(self.pull(), "c34", "c35", problems=1)
        self.assertIn("00:32:00 UTC on and before 2026-11-01 00:32:01", problem.message)

    def test_fractions_of_a_second(self):
        for number, row in enumerate(self.rows, 1):
            row["updated_at"] = moment(0).replace("00Z", f"00.{number:02}0Z")
        self.rows[-1]["updated_at"] = moment(2)
        self.break_("c33")
        pages = self.pull()
        self.assertEqual(self.ids(pages), [f"c{n}" for n in range(1, 33)] + ["c60"])
        self.assertEqual(len(self.problems(pages)), 1)

    def test_a_pull_of_changes(self):
        since = START + timedelta(minutes=20)
        for keys in (("c20",), ("c41",), ("c60",)):
            self.poison.clear()
            self.break_(*keys)
            self.rows = [row for row in self.rows if row["updated_at"] >= moment(20)]
            pages = self.pull(None, since)
            self.assert_around(pages, *keys)
            if keys == ("c20",):
                (problem,) = self.problems(pages)
                self.assertIn("from 2026-11-01 00:20:00 UTC on", problem.message)

    def test_the_only_change_is_broken(self):
        self.break_("c60")
        pages = self.pull(None, START + timedelta(minutes=60))
        self.assertEqual([len(page.items) for page in pages], [1])

    def test_a_pull_killed_at_each_page_is_the_same_pull(self):
        self.rows = self.rows[:20]
        self.break_("c5", "c13", "c14", "c20")
        whole = self.pull(pagination={**CURSOR, "page_size": 6})
        self.assert_around(whole, "c5", "c13", "c14", "c20", problems=3)
        self.assert_same_when_killed(whole, pagination={**CURSOR, "page_size": 6})

    def test_a_cursor_of_a_pull_that_did_not_look_is_not_gone_around(self):
        pages = self.pull()
        cursor = {k: v for k, v in pages[0].cursor.items() if k != "trail"}
        self.assertEqual(len(self.ids(self.pull(cursor))), 40)
        self.break_("c33")
        _pages, words = self.ended(TABLE, cursor)
        self.assertIn(ADVICE, words)

    def test_the_total_of_a_rest_is_not_that_of_the_list(self):
        def view():
            body = self.by_cursor()
            since = flask.request.args.get("updated_since", "")
            return {**body, "meta": {**body["meta"], "total": len(self.found(since))}}

        self.source.answers("/contacts", view)
        self.break_("c33")
        pages = self.pull(pagination={**CURSOR, "total_at": "meta.total"})
        self.assertEqual({page.total for page in pages}, {60, None})
        self.assertIsNone(pages[-1].total)

    def test_pages_that_cannot_be_smaller(self):
        """Only the last moment and the first one behind are known: a wider gap."""
        self.break_("c33")
        pages = self.pull(pagination={**CURSOR, "size_param": ""})
        left = [f"c{number}" for number in range(21, 34)]
        self.assert_around(pages, *left, problems=1)

    def test_a_failure_that_passes_sets_nothing_aside(self):
        for after in (1, 2, 3, 4, 5, 6):
            with self.subTest(after):
                answers = [self.by_cursor] * after + [self.POISON] * 4
                self.source.answers("/contacts", *answers, self.by_cursor)
                pages = self.pull()
                self.assertEqual(len(self.ids(pages)), 60)
                self.assertEqual(self.problems(pages), [])

    def test_a_source_that_is_down_sets_nothing_aside(self):
        self.source.answers("/contacts", self.by_cursor, self.POISON)
        pages, words = self.ended()
        self.assertEqual(len(self.ids(pages)), 20)
        self.assertIn("The source failed at GET /contacts (500", words)
        self.assertLess(len(self.source.seen), 25)

    def test_a_source_that_wants_to_be_left_alone_is(self):
        self.break_("c33")

        def view():
            if "updated_since" in flask.request.args:
                return "", 503, {"Retry-After": "20"}
            return self.by_cursor()

        self.source.answers("/contacts", view)
        self.ended()

    def test_a_filter_that_is_not_listened_to_leads_nowhere(self):
        self.found = lambda since="": self.rows
        self.break_("c33")
        pages, words = self.ended()
        self.assertEqual(len(self.ids(pages)), 32)
        self.assertIn("The source failed", words)

    def test_moments_that_the_source_refuses(self):
        def view():
            if flask.request.args.get("updated_since", "") > moment(45):
                return {"error": "in the future"}, 422
            return self.by_cursor()

        self.source.answers("/contacts", view)
        self.break_("c33")
        _pages, words = self.ended()
        self.assertIn("The source failed at GET /contacts (500", words)

    def test_an_empty_list_may_be_one_that_is_not_there(self):
        def view():
            since = flask.request.args.get("updated_since", "")
            if since and not self.found(since):
                return {"error": "nothing found"}, 404
            return self.by_cursor()

        self.source.answers("/contacts", view)
        self.break_("c33")
        _pages, words = self.ended()
        self.assertIn("The source failed at GET /contacts (500", words)

    def test_a_key_that_ends_while_it_is_looked_for(self):
        def view():
            if "updated_since" in flask.request.args:
                return "", 401
            return self.by_cursor()

        self.source.answers("/contacts", view)
        self.break_("c33")
        self.ended(kind=SourceRefused)

    def test_moments_of_another_age(self):
        for first in ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
            for row in self.rows[:3]:
                row["updated_at"] = first
            self.poison.clear()
            self.break_("c4")
            delta = {**DELTA, "inclusive": False}
            self.assert_around(self.pull(delta=delta), "c4")
        self.rows[-2]["updated_at"] = "9999-12-31T23:59:59Z"
        self.rows[-1]["updated_at"] = "9999-12-31T23:59:59.9Z"
        self.poison.clear()
        self.break_("c60")
        pages, _words = self.ended()
        self.assertEqual(len(self.ids(pages)), 59)

    def test_the_clock_of_the_source_may_be_ahead(self):
        ahead = datetime.fromtimestamp(NOW, timezone.utc) + timedelta(hours=5)
        for number, row in enumerate(self.rows):
            when = ahead + timedelta(seconds=number)
            row["updated_at"] = when.isoformat().replace("+00:00", "Z")
        self.break_("c33")
        self.assert_around(self.pull(), "c33")


class TestOrders(DetourCase):
    def test_another_order_gets_as_far_as_it_can(self):
        """Nobody knows the cursor behind an item that cannot be read."""
        self.rows[3]["updated_at"] = moment(99)
        self.break_("c33")
        for delta in (DELTA, GUESSED):
            pages, words = self.ended(delta=delta)
            self.assertEqual(self.ids(pages), [f"c{n}" for n in range(1, 33)])
            self.assertRegex(words, r"^The source failed at GET /contacts \(500")
            self.assertTrue(
                words.endswith(
                    "If it fails at one record only, name delta.mode with delta.sort in"
                    " the connection profile, or the style page or offset: the list can"
                    " then be read past it."
                )
            )

    def test_no_filter_gets_as_far_as_it_can(self):
        self.break_("c33")
        for delta in ({}, {"mode": "client_side"}, {**DELTA, "mode": "search_post"}):
            pages, words = self.ended(delta=delta)
            self.assertEqual(len(self.ids(pages)), 32)
            self.assertIn(ADVICE, words)

    def test_an_order_that_nobody_named_needs_ten_records(self):
        self.break_("c10")
        pages, words = self.ended(delta=GUESSED)
        self.assertEqual(len(self.ids(pages)), 9)
        self.assertIn(ADVICE, words)
        self.poison.clear()
        self.break_("c11")
        self.assert_around(self.pull(delta=GUESSED), "c11")

    def test_a_descending_list_is_not_gone_around(self):
        self.rows.reverse()
        sort = {"param": "sort", "value": "updated_at"}
        for keys in (["c60"], ["c59"], ["c58"], ["c1"]):
            for delta in ({**DELTA, "sort": sort}, GUESSED):
                self.poison.clear()
                self.break_(*keys)
                pages, _words = self.ended(delta=delta)
                self.assertEqual(self.problems(pages), [])

    def test_a_direction_need_not_be_named(self):
        sort = {"param": "sort", "value": "updated_at"}
        for key in ("c1", "c2", "c60"):
            self.poison.clear()
            self.break_(key)
            self.assert_around(self.pull(delta={**DELTA, "sort": sort}), key)

    def test_an_order_that_ends_behind_the_item_is_told(self):
        """What changed early and stands late cannot be asked for again."""
        self.break_("c33")
        self.rows[50]["updated_at"] = moment(36)
        for delta in (DELTA, GUESSED):
            pages, words = self.ended(delta=delta, kind=SourceError)
            self.assertIn("GET /contacts does not come in the order of change", words)
            self.assertEqual(len(self.problems(pages)), 0)

    def test_records_that_do_not_say_when_they_changed(self):
        """They come with every filter, so a list may begin with them."""
        self.rows[5:5] = [{"id": "u1"}, {"id": "u2"}]
        self.break_("c33")

        def found(since=""):
            return [r for r in self.rows if r.get("updated_at", "9") >= since]

        self.found = found
        rows = [*self.rows]
        for place in (0, 60):
            self.rows = rows[:5] + rows[7:]
            self.rows[place:place] = rows[5:7]
            self.assert_around(self.pull(), "c33")


class TestFilters(DetourCase):
    def test_an_exclusive_filter(self):
        self.found = lambda since="": [
            row for row in self.rows if row["updated_at"] > since
        ]
        delta = {**DELTA, "inclusive": False}
        for key in ("c1", "c33", "c34", "c60"):
            self.poison.clear()
            self.break_(key)
            self.assert_around(self.pull(delta=delta), key)

    def test_days(self):
        """The gap ends with the day: nobody can ask for less."""
        for number, row in enumerate(self.rows, 1):
            row["updated_at"] = moment(number * 8 * 60)
        self.break_("c33")
        pages = self.pull(delta={**DELTA, "format": "iso_date"})
        # c32 and c33 of the eleventh day, c35 begins the twelfth
        day = [row["id"] for row in self.rows if row["updated_at"][:10] == "2026-11-12"]
        self.assertIn("c33", day)
        self.assert_around(pages, *day[day.index("c33") :], problems=1)

    def test_a_header(self):
        def view():
            asked = flask.request.headers.get("If-Modified-Since")
            since = parsedate_to_datetime(asked).isoformat() if asked else ""
            rows = self.found(since.replace("+00:00", "Z"))
            if asked and not rows:
                return "", 304
            args = flask.request.args
            start = int(args.get("cursor", 0))
            part, end = self.cut(start, int(args["limit"]), rows)
            return {"data": part, "meta": {"next_cursor": end or None}}

        self.source.answers("/contacts", view)
        delta = {"mode": "header_if_modified_since", "overlap_s": 0, "sort": SORT}
        for key in ("c33", "c60"):
            self.poison.clear()
            self.break_(key)
            self.assert_around(self.pull(delta=delta), key)

    def test_a_search(self):
        def view():
            body = flask.request.get_json()
            rows = self.found(body["since"])
            part, end = self.cut(body.get("cursor") or 0, body["limit"], rows)
            return {"data": part, "meta": {"next_cursor": end or None}}

        self.source.answers("/contacts/search", view)
        delta = {
            **DELTA,
            "mode": "search_post",
            "path": "/contacts/search",
            "body": {"since": "{since}"},
        }
        self.break_("c33")
        self.assert_around(self.pull(None, START, delta=delta), "c33")

    def test_the_filter_of_the_pull_is_that_of_the_next_list(self):
        def view():
            if flask.request.args["object"] == "deal":
                return self.by_cursor()
            return {"data": []}

        self.source.answers("/contacts", view)
        self.break_("c33")
        contact = {"foreach": {"param": "object", "values": ["deal", "task"]}}
        since = START + timedelta(minutes=2)
        pages = self.pull(None, since, contact=contact)
        self.assertEqual(len(self.ids(pages)), 58)
        self.assertEqual(self.source.seen[-1].args["object"], "task")
        self.assertEqual(self.source.seen[-1].args["updated_since"], moment(2))
        whole = [item for page in pages for item in page.items]
        for kill, page in enumerate(pages[:-1]):
            rest = self.pull(page.cursor, contact=contact)
            items = [item for page in pages[: kill + 1] for item in page.items]
            self.assertEqual(items + [i for p in rest for i in p.items], whole)
            self.assertEqual(self.source.seen[-1].args["updated_since"], moment(2))

    def test_the_ids_that_another_list_is_asked_by(self):
        self.source.answers("/notes", lambda: {"data": [{"id": "n"}]})
        note = {"path": "/notes", "foreach": {"param": "of", "object": "contact"}}
        self.break_("c33")
        self.pull(table=SourceTable("note", "", ()), objects={"note": note})
        asked = [one.args["of"] for one in self.source.asked("/notes")]
        wanted = [row["id"] for row in self.rows if row["id"] != "c33"]
        self.assertEqual(asked[: len(wanted)], wanted)


class TestLinks(DetourCase):
    """Lists led by addresses: some count, others do not."""

    NEXT = {"style": "next_url", "size_param": "limit", "page_size": 20}

    def linked(self, link):
        """Answer with pages whose next address `link` makes of (offset, size)."""

        def view():
            args = flask.request.args
            size = int(args.get("limit", args.get("size", 20)))
            if "cursor" in args:
                start = int(base64.b64decode(args["cursor"]))
            elif "page" in args:
                start = (int(args["page"]) - 1) * size
            else:
                start = int(args.get("offset", 0))
            part, end = self.cut(start, size)
            sent = {k: v for k, v in args.items() if k in ("updated_since", "limit")}
            following = None
            if end:
                names = {**sent, **link(end, size)}
                names = {k: v for k, v in names.items() if v is not None}
                query = "&".join(f"{k}={v}" for k, v in names.items())
                following = f"/contacts?{query}"
            return {"data": part, "links": {"next": following}}

        self.source.answers("/contacts", view)

    @staticmethod
    def opaque(end, size):
        return {"cursor": base64.b64encode(str(end).encode()).decode()}

    def test_addresses_that_count_pages_or_records(self):
        for link in (
            lambda end, size: {"page": end // size + 1},
            lambda end, size: {"offset": end},
        ):
            self.linked(link)
            for keys in (("c2",), ("c33",), ("c20", "c21"), ("c40", "c60")):
                with self.subTest(keys):
                    self.poison.clear()
                    self.break_(*keys)
                    pages = self.pull(pagination=self.NEXT, delta={})
                    problems = self.assert_around(pages, *keys)
                    lines = [problem.line for problem in problems]
                    self.assertEqual(lines, [int(key[1:]) for key in keys])

    def test_the_first_of_all_is_left_out_where_the_profile_can_count(self):
        self.linked(lambda end, size: {"page": end // size + 1})
        self.break_("c1")
        _pages, words = self.ended(pagination=self.NEXT, delta={})
        self.assertIn(ADVICE, words)
        for names in ({"page_param": "page"}, {"offset_param": "offset"}):
            pages = self.pull(pagination={**self.NEXT, **names}, delta={})
            self.assert_around(pages, "c1")

    def test_a_counted_pull_killed_at_each_page_is_the_same_pull(self):
        self.linked(lambda end, size: {"page": end // size + 1})
        self.rows = self.rows[:30]
        self.break_("c3", "c23")
        parts = {"pagination": {**self.NEXT, "page_size": 10}, "delta": {}}
        whole = self.pull(**parts)
        self.assert_around(whole, "c3", "c23")
        self.assert_same_when_killed(whole, **parts)

    def test_the_filter_goes_along_when_it_counts(self):
        self.linked(lambda end, size: {"offset": end})
        self.break_("c33")
        self.rows = self.rows[9:]
        pages = self.pull(None, START + timedelta(minutes=10), pagination=self.NEXT)
        self.assert_around(pages, "c33")
        self.assertEqual(
            {asked.args["updated_since"] for asked in self.source.seen}, {moment(10)}
        )

    def test_numbers_that_do_not_count_are_not_counted(self):
        """A page is no number of records, where the source gives another size."""
        for link in (
            self.opaque,
            lambda end, size: {**self.opaque(end, size), "page": 7},
            lambda end, size: {**self.opaque(end, size), "offset": 3},
        ):
            self.linked(link)
            self.poison.clear()
            self.break_("c33")
            _pages, words = self.ended(pagination=self.NEXT, delta={})
            self.assertIn(ADVICE, words)

    def test_opaque_addresses_are_gone_around(self):
        self.linked(self.opaque)
        for keys in (("c1",), ("c33",), ("c21", "c22"), ("c60",)):
            with self.subTest(keys):
                self.poison.clear()
                self.break_(*keys)
                pages = self.pull(pagination=self.NEXT)
                self.assert_around(pages, *keys, problems=1)
        pages = self.pull(pagination=self.NEXT, delta=GUESSED)
        self.assert_around(pages, "c60")

    def test_an_opaque_pull_killed_at_each_page_is_the_same_pull(self):
        """Records of one moment on both sides of a page's edge come once, too."""
        self.linked(self.opaque)
        self.rows = self.rows[:24]
        for number in (8, 9, 10, 11, 12):
            self.rows[number - 1]["updated_at"] = moment(8)
        self.break_("c15")
        pagination = {**self.NEXT, "page_size": 10}
        whole = self.pull(pagination=pagination)
        self.assert_around(whole, "c15")
        self.assert_same_when_killed(whole, pagination=pagination)

    def test_addresses_that_keep_to_their_own_size(self):
        """Only the first page is smaller when it has to be: a wider gap."""
        self.linked(lambda end, size: {**self.opaque(end, size), "limit": 20})
        self.break_("c33")
        left = ("c30", "c31", "c32", "c33")
        self.assert_around(self.pull(pagination=self.NEXT), *left, problems=1)


class TestSamples(WebCase):
    """Each style of the sample server with one record that breaks its page."""

    STYLES = {
        "cursor": {"style": "cursor", "size_param": "limit"},
        "cursor_header": {"style": "cursor", "next_cursor_header": "X-Next-Cursor"},
        "pipedrive_v2": {
            "style": "cursor",
            "size_param": "limit",
            "next_cursor_at": "additional_data.next_cursor",
        },
        "hubspot": {
            "style": "cursor",
            "size_param": "limit",
            "cursor_param": "after",
            "records_at": "results",
            "next_cursor_at": "paging.next.after",
        },
        "next_url": {"style": "next_url", "size_param": "limit"},
        "link_header": {"style": "link_header"},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = SampleSources(clock=lambda: NOW)
        cls.sources.start()
        cls.addClassCleanup(cls.sources.stop)

    def pull(self, style, delta=None):
        profile = load_preset_profile("roadrunner_v2")
        spec = profile["objects"]["contact"]
        spec.pop("records_at", None)
        profile |= {
            "base_url": self.sources.paged(style),
            "pagination": {**self.STYLES[style], "page_size": 25},
            "limits": {"max_rps": 0},
            "objects": {"contact": spec},
            "delta": {**profile["delta"], **(delta or {})},
        }
        secrets = {"api_key": self.sources.auth.api_key}
        with open_source(profile, secrets, self.options()) as connector:
            items = [item for page in connector.pages(TABLE) for item in page.items]
        records = [item for item in items if isinstance(item, RawRecord)]
        ids = [record.external_id for record in records]
        return ids, [item for item in items if isinstance(item, Problem)]

    def test_everything_else_comes_once(self):
        store = self.sources.world.road_runner
        wanted, _problems = self.pull("cursor")
        self.addCleanup(store.poison.clear)
        tries = [(style, 40) for style in self.STYLES]
        for style, place in (*tries, ("cursor", 0), ("next_url", -1)):
            with self.subTest(style=style, place=place):
                store.poison.clear()
                store.poison[wanted[place]] = "page"
                ids, problems = self.pull(style)
                self.assertEqual(ids, [one for one in wanted if one != wanted[place]])
                codes = [problem.code for problem in problems]
                self.assertEqual(codes.count("corrupt_item"), 1)

    def test_without_an_order_only_what_counts_is_read_past_it(self):
        store = self.sources.world.road_runner
        self.addCleanup(store.poison.clear)
        wanted, _problems = self.pull("cursor", {"sort": {}})
        store.poison[wanted[40]] = "page"
        for style in self.STYLES:
            with self.subTest(style=style):
                if style == "link_header":
                    ids, problems = self.pull(style, {"sort": {}})
                    self.assertEqual(ids, [i for i in wanted if i != wanted[40]])
                else:
                    with self.assertRaisesRegex(Trouble, ADVICE):
                        self.pull(style, {"sort": {}})
