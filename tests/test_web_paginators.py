import base64
import itertools
import threading

import flask

from odoo.addons.crm_migration.connectors.base import SourceTable
from odoo.addons.crm_migration.connectors.web import open_source
from odoo.addons.crm_migration.connectors.web.counting import Offset, PageNumbers
from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.connectors.web.paging import fitting, smaller
from odoo.addons.crm_migration.exceptions import SourceError, UnsafeAddress

from .web_case import KEY, WebCase

TABLE = SourceTable("contact", "", ())
PAGE = {"style": "page", "page_size": 10}
OFFSET = {"style": "offset", "size_param": "limit", "page_size": 10}
CURSOR = {
    "style": "cursor",
    "size_param": "limit",
    "page_size": 10,
    "next_cursor_at": "meta.next_cursor",
}


class ListCase(WebCase):
    """Pulls a list of numbered contacts; `self.rows` may change while it is read."""

    def setUp(self):
        super().setUp()
        self.rows = [{"id": f"c{number}"} for number in range(1, 36)]

    def open(self, pagination, options=None, **spec):
        profile = self.profile(
            pagination=pagination, objects={"contact": {"path": "/list", **spec}}
        )
        connector = open_source(profile, {"api_key": KEY}, options or self.options())
        self.addCleanup(connector.close)
        return connector

    def pull(self, pagination, cursor=None, **spec):
        """Return the pages of the list."""
        return list(self.open(pagination, **spec).pages(TABLE, cursor))

    def ids(self, pages):
        return [item.external_id for page in pages for item in page.items]

    def assert_whole(self, pages, count=None):
        wanted = [row["id"] for row in self.rows]
        self.assertEqual(self.ids(pages), wanted)
        self.assertIsNone(pages[-1].cursor)
        if count is not None:
            self.assertEqual(len(self.source.seen), count)

    def sent(self, name):
        return [asked.args.get(name) for asked in self.source.seen]

    def numbered(self, most=10_000, first=1):
        """Return the rows of a page by its number, and whether there are more."""
        args = flask.request.args
        size = min(int(args["per_page"]), most)
        start = (int(args["page"]) - first) * size
        return self.rows[start : start + size], start + size < len(self.rows)

    def cut(self, most=10_000):
        args = flask.request.args
        start = int(args.get("offset", 0))
        size = min(int(args["limit"]), most)
        return self.rows[start : start + size], start + size

    def after(self, name="cursor"):
        """Return the rows behind a cursor and the next cursor."""
        args = flask.request.args
        start = int(base64.b64decode(args.get(name, "")) or 0)
        end = start + int(args.get("limit", 10))
        following = base64.b64encode(str(end).encode()).decode()
        return self.rows[start:end], following if end < len(self.rows) else None


class TestPages(ListCase):
    def test_has_more_ends_the_list(self):
        def view():
            rows, more = self.numbered()
            return {"data": rows, "meta": {"has_more": more}}

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE), 3)
        self.assertEqual(self.sent("page"), ["1", "2", "3"])
        self.assertEqual(set(self.sent("per_page")), {"10"})

    def test_has_more_may_be_a_word(self):
        def view():
            rows, more = self.numbered()
            return {"data": rows, "meta": {"has_more": str(more).lower()}}

        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE), 4)

    def test_total_pages_end_the_list(self):
        def view():
            rows, _more = self.numbered()
            return {"data": rows, "meta": {"total_pages": "4", "total": 999}}

        self.source.answers("/list", view)
        pages = self.pull(PAGE)
        self.assert_whole(pages, 4)
        self.assertEqual(pages[0].total, 999)

    def test_a_next_link_ends_the_list(self):
        def view():
            rows, more = self.numbered()
            return {"data": rows, "links": {"next": "/x" if more else None}}

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE), 3)

    def test_links_without_next_end_the_list(self):
        def view():
            rows, more = self.numbered()
            links = {"self": "/x", **({"next": "/y"} if more else {})}
            return {"data": rows, "links": links}

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE), 3)

    def test_a_link_header_ends_the_list(self):
        def view():
            rows, more = self.numbered()
            link = '</list?page=9>; rel="next"' if more else '</list>; rel="first"'
            return rows, 200, {"Link": link}

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE), 3)

    def test_a_short_page_ends_the_list(self):
        self.source.answers("/list", lambda: {"data": self.numbered()[0]})
        self.assert_whole(self.pull(PAGE), 4)

    def test_an_empty_page_ends_the_list_whatever_it_says(self):
        def view():
            return {"data": self.numbered()[0], "meta": {"has_more": True}}

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        pages = self.pull(PAGE)
        self.assert_whole(pages, 4)
        self.assertEqual(pages[-1].items, ())

    def test_no_content_and_null_are_empty_pages(self):
        for answer in (("", 204), {"data": None}, {"data": []}, []):
            self.source.answers("/list", answer)
            pages = self.pull(PAGE)
            self.assertEqual([page.items for page in pages], [()])

    def test_pages_may_be_counted_from_zero(self):
        self.source.answers("/list", lambda: self.numbered(first=0)[0])
        self.assert_whole(self.pull({**PAGE, "first_page": 0}), 4)

    def test_a_source_that_gives_less_than_asked_for(self):
        """Nothing but a round number tells that 10 of 100 is a full page."""
        self.source.answers("/list", lambda: self.numbered(most=10)[0])
        self.assert_whole(self.pull({**PAGE, "page_size": 100}), 4)

    def test_a_page_beyond_the_end_may_be_missing(self):
        def view():
            rows, _more = self.numbered()
            return {"data": rows} if rows else ({"detail": "Invalid page."}, 404)

        self.rows = self.rows[:30]
        self.source.answers("/list", view)
        self.assert_whole(self.pull(PAGE))

    def test_a_list_that_knows_no_pages_is_read_once(self):
        self.rows = self.rows[:20]
        self.source.answers("/list", lambda: self.rows)
        self.assert_whole(self.pull({**PAGE, "page_size": 100}), 2)

    def test_a_source_that_ignores_the_page_is_found_out(self):
        self.source.answers("/list", {"data": self.rows[:10]})
        error = self.refused(SourceError, self.pull, PAGE)
        self.assertEqual(
            str(error),
            "GET /list gives the same page again instead of the next one. Correct the"
            " pagination in the connection profile: style, and the names of its"
            " parameters.",
        )
        self.assertEqual(len(self.source.seen), 2)

    def test_pages_that_go_round_are_found_out(self):
        turns = itertools.cycle([self.rows[:10], self.rows[10:20], self.rows[20:30]])
        self.source.answers("/list", lambda: {"data": next(turns)})
        self.refused(SourceError, self.pull, PAGE)
        self.assertEqual(len(self.source.seen), 4)

    def test_a_repeated_page_is_found_out_after_a_resume(self):
        self.source.answers("/list", {"data": self.rows[:10]})
        connector = self.open(PAGE)
        page = next(iter(connector.pages(TABLE)))
        error = self.refused(SourceError, self.pull, PAGE, page.cursor)
        self.assertIn("the same page again", str(error))

    def test_too_many_pages(self):
        count = itertools.count()

        def view():
            return {"data": [{"id": next(count)} for _ in range(10)]}

        self.source.answers("/list", view)
        error = self.refused(SourceError, self.pull, {**PAGE, "max_pages": 7})
        self.assertIn("GET /list goes on after 7 pages", str(error))
        self.assertEqual(len(self.source.seen), 8)

    def test_has_more_of_other_vendors(self):
        for at in ("info.more_records", "hasMore"):

            def view(at=at):
                rows, more = self.numbered()
                info = {"info": {"more_records": more}, "hasMore": more}
                return {"data": rows, **info}

            self.source.answers("/list", view)
            pages = self.pull({**PAGE, "style": "page", "has_more_at": at})
            self.assert_whole(pages)


class TestOffsets(ListCase):
    def test_the_number_of_records_before(self):
        self.source.answers("/list", lambda: self.cut()[0])
        self.assert_whole(self.pull(OFFSET), 4)
        self.assertEqual(self.sent("offset"), ["0", "10", "20", "30"])

    def test_the_total_tells_that_a_source_gives_less_than_asked_for(self):
        def view():
            return {"list": self.cut(most=7)[0], "total_count": 35}

        self.source.answers("/list", view)
        pagination = {**OFFSET, "records_at": "list", "total_at": "total_count"}
        # The total is never what ends a list: a full page asks for one more.
        self.assert_whole(self.pull(pagination), 6)

    def test_names_and_has_more_of_another_vendor(self):
        def view():
            args = flask.request.args
            start, size = int(args["start"]), int(args["limit"])
            rows = self.rows[start : start + size]
            more = start + size < len(self.rows)
            extra = {"pagination": {"more_items_in_collection": more}}
            return {"success": True, "data": rows or None, "additional_data": extra}

        self.source.answers("/list", view)
        pagination = {
            **OFFSET,
            "offset_param": "start",
            "has_more_at": "additional_data.pagination.more_items_in_collection",
        }
        self.assert_whole(self.pull(pagination), 4)


class TestCursors(ListCase):
    def test_a_cursor_in_the_body(self):
        def view():
            rows, following = self.after()
            return {"data": rows, "meta": {"next_cursor": following}}

        self.source.answers("/list", view)
        self.assert_whole(self.pull(CURSOR), 4)
        self.assertIsNone(self.sent("cursor")[0])

    def test_a_cursor_that_cannot_be_kept_is_told(self):
        for cursor in ("a\0b", "\ud800", 1 << 5000, "x" * 60_000, {"a": ["\0"]}):
            meta = {"next_cursor": cursor, "total": 10**30}
            self.source.answers("/list", {"data": self.rows[:10], "meta": meta})
            with self.assertRaisesRegex(SourceError, "leads on to a page"):
                self.pull(CURSOR)

    def test_a_cursor_in_a_header(self):
        def view():
            rows, following = self.after()
            return rows, 200, {"X-Next": following} if following else {}

        self.source.answers("/list", view)
        pagination = {**CURSOR, "next_cursor_header": "X-Next"}
        self.assert_whole(self.pull(pagination), 4)

    def test_a_cursor_sent_in_a_header(self):
        def view():
            start = int(flask.request.headers.get("X-From", 0))
            rows = self.rows[start : start + 10]
            return {"data": rows, "meta": {"next_cursor": start + 10 if rows else None}}

        self.source.answers("/list", view)
        pagination = {**CURSOR, "cursor_in": "header", "cursor_param": "X-From"}
        self.assert_whole(self.pull(pagination), 5)

    def test_a_cursor_sent_in_the_body_of_a_search(self):
        def view():
            asked = flask.request.get_json()
            start = asked["paging"].get("after") or 0
            rows = self.rows[start : start + asked["limit"]]
            return {"data": rows, "meta": {"next_cursor": start + 10 if rows else None}}

        self.source.answers("/list", view)
        pagination = {**CURSOR, "cursor_in": "body", "cursor_param": "paging.after"}
        body = {"query": "all", "paging": {"unit": "rows"}}
        self.assert_whole(self.pull(pagination, method="POST", body=body), 5)
        self.assertEqual(body, {"query": "all", "paging": {"unit": "rows"}})
        self.assertIn(b'"query": "all"', self.source.seen[-1].body)

    def test_has_more_beats_a_cursor(self):
        def view():
            rows, _following = self.after()
            meta = {"next_cursor": "MTA=", "has_more": False}
            return {"data": rows, "meta": meta}

        self.source.answers("/list", view)
        self.assertEqual(len(self.ids(self.pull(CURSOR))), 10)

    def test_a_cursor_that_repeats_is_found_out(self):
        count = itertools.count()

        def view():
            rows = [{"id": next(count)} for _ in range(10)]
            return {"data": rows, "meta": {"next_cursor": "MTA="}}

        self.source.answers("/list", view)
        error = self.refused(SourceError, self.pull, CURSOR)
        self.assertIn("leads back to a page that was read before", str(error))
        self.assertEqual(len(self.source.seen), 2)

    def test_an_empty_page_with_a_cursor_ends_the_list(self):
        self.source.answers("/list", {"data": [], "meta": {"next_cursor": "MTA="}})
        self.assertEqual(len(self.pull(CURSOR)), 1)


class TestLinks(ListCase):
    NEXT = {"style": "next_url", "size_param": "limit", "page_size": 10}

    def linked(self, base=""):
        rows, following = self.after()
        link = f"{base}/list?cursor={following}" if following else None
        return {"data": rows, "links": {"next": link}}

    def test_the_address_of_the_next_page(self):
        for base in ("", self.source.url):
            self.source.answers("/list", lambda base=base: self.linked(base))
            self.source.seen.clear()
            self.assert_whole(self.pull(self.NEXT), 4)

    def test_the_next_page_may_be_a_query_only(self):
        def view():
            body = self.linked()
            link = body["links"]["next"]
            return {**body, "links": {"next": link and link.removeprefix("/list")}}

        self.source.answers("/list", view)
        self.assert_whole(self.pull(self.NEXT), 4)

    def test_an_address_under_an_odd_name(self):
        def view():
            body = self.linked()
            return {"value": body["data"], "@odata.nextLink": body["links"]["next"]}

        self.source.answers("/list", view)
        at = {"next_url_at": '["@odata.nextLink"]', "records_at": "value"}
        self.assert_whole(self.pull({**self.NEXT, **at}), 4)
        self.source.answers("/list", lambda: {"value": self.numbered()[0]})
        self.assert_whole(self.pull({**PAGE, **at}))

    def test_an_address_that_is_none(self):
        body = {"data": self.rows[:10], "links": {"next": "http://[bad"}}
        self.source.answers("/list", body)
        self.refused(UnsafeAddress, self.pull, self.NEXT)

    def test_a_link_header(self):
        def view():
            body = self.linked()
            link = body["links"]["next"]
            headers = {"Link": f'<{link}>; rel="next", </list>; rel="first"'}
            return body["data"], 200, headers if link else {}

        self.source.answers("/list", view)
        self.assert_whole(self.pull({**self.NEXT, "style": "link_header"}), 4)

    def test_the_next_page_has_to_be_at_the_source(self):
        foreign = self.serve()
        foreign.answers("/list", {"data": []})
        self.source.answers("/list", lambda: self.linked(foreign.url))
        error = self.refused(UnsafeAddress, self.pull, self.NEXT)
        self.assertRegex(
            str(error), "The next page is said to be at http://127.*Enter that host"
        )
        self.assertEqual(foreign.seen, [])

    def test_a_key_that_the_source_repeats_is_not_kept(self):
        def view():
            body = self.linked()
            link = body["links"]["next"]
            return {**body, "links": {"next": link and f"{link}&key={KEY}"}}

        self.source.answers("/list", view)
        profile = self.profile(
            pagination=self.NEXT,
            auth={"type": "query", "query_param": "key"},
            objects={"contact": {"path": "/list"}},
        )
        with open_source(profile, {"api_key": KEY}, self.options()) as connector:
            pages = list(connector.pages(TABLE))
        self.assert_whole(pages, 4)
        self.assertNotIn(KEY, "".join(str(page.cursor) for page in pages))
        self.assertEqual(set(self.sent("key")), {KEY})

    def test_a_key_in_the_middle_of_a_link_is_refused(self):
        body = {"data": self.rows[:10], "links": {"next": f"/{KEY}/list"}}
        self.source.answers("/list", body)
        self.refused(UnsafeAddress, self.pull, self.NEXT)

    def test_links_that_go_round_are_found_out(self):
        count = itertools.count()

        def view():
            rows = [{"id": next(count)} for _ in range(10)]
            return {"data": rows, "links": {"next": "/list?cursor=MTA="}}

        self.source.answers("/list", view)
        error = self.refused(SourceError, self.pull, self.NEXT)
        self.assertIn("leads back to a page that was read before", str(error))


class TestWithoutPages(ListCase):
    def test_the_list_comes_whole(self):
        for body in (self.rows, {"data": self.rows}):
            self.source.answers("/list", body if isinstance(body, dict) else [*body])
            self.source.seen.clear()
            self.assert_whole(self.pull({"style": "none"}), 1)
        self.assertEqual(self.source.seen[0].args, {})

    def test_one_record_instead_of_a_list(self):
        self.source.answers("/list", {"data": {"id": "only"}})
        self.assertEqual(self.ids(self.pull({"style": "none"})), ["only"])

    def test_a_list_in_another_place_is_told(self):
        self.source.answers("/list", {"contacts": self.rows, "count": 3})
        error = self.refused(SourceError, self.pull, PAGE)
        self.assertEqual(
            str(error),
            "GET /list has no list at 'data' but contacts, count. Correct records_at in"
            " the connection profile.",
        )

    def test_a_list_spread_over_groups(self):
        groups = [{"items": self.rows[:20]}, {"items": self.rows[20:]}]
        self.source.answers("/list", {"groups": groups})
        pages = self.pull({"style": "none"}, records_at="groups.*.items.*")
        self.assert_whole(pages, 1)

    def test_a_style_of_graphql_is_told(self):
        error = self.refused(SourceError, self.pull, {"style": "relay"})
        self.assertIn("pagination.style 'relay' is not one of REST", str(error))


class TestPlaces(WebCase):
    def test_smaller_pages_begin_where_larger_ones_do(self):
        sizes = [100]
        while smaller(sizes[-1]):
            sizes.append(smaller(sizes[-1]))
        self.assertEqual(sizes, [100, 50, 25, 5, 1])
        self.assertEqual([smaller(size) for size in (7, 1, 0)], [1, 0, 0])
        self.assertEqual(fitting(100, 40), 5)
        self.assertEqual(fitting(100, 300), 100)

    def test_a_page_is_the_same_place_in_smaller_pages(self):
        pages = PageNumbers({"size_param": "n", "page_size": 100})
        place = {"offset": 200, "size": 100, "page": 3}
        self.assertEqual(pages.narrowed(place), {"offset": 200, "size": 50, "page": 5})
        self.assertIsNone(pages.narrowed({**place, "ragged": True}))
        last = pages.skipped({"offset": 249, "size": 1, "page": 250})
        self.assertEqual((last["size"], last["page"]), (50, 6))

    def test_an_offset_grows_again(self):
        place = Offset({"size_param": "n", "page_size": 100}).skipped(
            {"offset": 99, "size": 1}
        )
        self.assertEqual((place["offset"], place["size"]), (100, 100))


class TestTimeouts(ListCase):
    def test_pages_get_smaller_after_two_timeouts(self):
        def view():
            if int(flask.request.args["per_page"]) > 5:
                self.slow.wait(0.3)
            rows, more = self.numbered()
            return {"data": rows, "meta": {"has_more": more}}

        self.slow = threading.Event()
        self.source.answers("/list", view)
        profile = self.profile(
            pagination=PAGE,
            limits={"max_rps": 0, "timeout_s": 0.1},
            objects={"contact": {"path": "/list"}},
        )
        self.rows = self.rows[:10]
        with open_source(profile, {"api_key": KEY}, self.options()) as connector:
            pages = list(connector.pages(TABLE))
        self.assertEqual(self.sent("per_page"), ["10", "10", "5", "5"])
        self.assert_whole(pages)

    def test_a_source_that_only_times_out_ends_the_pull(self):
        slow = threading.Event()
        self.source.answers("/list", lambda: slow.wait(0.3) or {})
        profile = self.profile(
            pagination={**PAGE, "page_size": 2},
            limits={"max_rps": 0, "timeout_s": 0.05, "max_retries": 2},
            objects={"contact": {"path": "/list"}},
        )
        with open_source(profile, {"api_key": KEY}, self.options()) as connector:
            error = self.refused(Trouble, list, connector.pages(TABLE))
        self.assertIn("Lower the page size or raise timeout_s", str(error))
