import base64
import gzip
import itertools
import logging
import pickle
import re
import time
import zlib

import flask

from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.connectors.web.secret import redact
from odoo.addons.crm_migration.exceptions import (
    SourceError,
    SourcePaused,
    SourceRefused,
    SourceUnavailable,
    UnsafeAddress,
)

from .web_case import KEY, WebCase

LOGIN = "<!DOCTYPE html><html><form>Password</form></html>"


class TestAnswers(WebCase):
    """One test per class of failure; the message says what to do."""

    def error(self, kind, *answers, **parts):
        self.source.answers("/contacts", *answers)
        session = self.session(**parts)
        return str(self.refused(kind, session.request, "GET", "/contacts"))

    def test_400_and_422_are_settings(self):
        for status in (400, 422):
            source = self.source = self.serve()
            body = {
                "error": {
                    "code": "validation_error",
                    "message": "updated_since must be RFC 3339",
                    "fields": {"updated_since": ["invalid"]},
                    "request_id": "req_9",
                }
            }
            text = self.error(SourceError, (body, status))
            self.assertEqual(
                text,
                f"The source does not understand GET /contacts ({status}:"
                " updated_since must be RFC 3339; updated_since: invalid; request"
                " req_9). Correct its parameters in the connection profile (filter,"
                " date format, page size, sort).",
            )
            self.assertEqual(len(source.seen), 1)

    def test_other_ways_to_word_an_error(self):
        for body, words in (
            ({"errors": {"work_status": ["must be an array"]}}, "work_status: must"),
            ({"error": "no such filter"}, "no such filter"),
            ({"type": "error", "title": "COUNT_LIMIT_EXCEEDED"}, "COUNT_LIMIT"),
            ({"errors": [{"message": "bad sort"}]}, "bad sort"),
            ({"success": False, "error": "bad", "error_info": "x"}, "bad"),
        ):
            self.source = self.serve()
            self.assertIn(f"(400: {words}", self.error(SourceError, (body, 400)))

    def test_401_stops_the_run(self):
        body = {"error": {"code": "unauthorized", "message": "API key is expired"}}
        self.assertEqual(
            self.error(SourceRefused, (body, 401)),
            "The source does not accept the key (401: API key is expired). Enter a new"
            " key under Connection and resume.",
        )
        self.assertEqual(len(self.source.seen), 1)

    def test_403_makes_the_object_unavailable(self):
        body = {"error": {"code": "missing_scope", "required": ["files.read"]}}
        self.assertEqual(
            self.error(SourceUnavailable, (body, 403)),
            "The key may not read GET /contacts (403: missing_scope; files.read). Give"
            " it the right to at the source, or leave the object out; the others go"
            " on.",
        )

    def test_404_405_and_410_make_the_object_unavailable(self):
        for status in (404, 405, 410):
            self.source = self.serve()
            text = self.error(SourceUnavailable, ({"error": "gone"}, status))
            self.assertEqual(
                text,
                f"The source does not have GET /contacts ({status}: gone). Correct the"
                " path in the connection profile, or leave the object out; the others"
                " go on.",
            )

    def test_a_profile_says_what_makes_an_object_unavailable(self):
        self.source.answers("/contacts", ({}, 404))
        session = self.session()
        error = self.refused(
            SourceError, session.request, "GET", "/contacts", unavailable_on=(403,)
        )
        self.assertIn("Check base URL and path", str(error))

    def test_locked_records_are_waited_for_two_seconds_at_least(self):
        for status in (409, 423, 425):
            self.source, self.naps = self.serve(), []
            locked = ({"error": {"code": "locked"}}, status)
            self.source.answers("/contacts", locked, locked, {"data": []})
            self.session().request("GET", "/contacts")
            self.assertEqual(self.naps, [2.0, 2.0])

    def test_a_lock_that_stays_is_told(self):
        text = self.error(Trouble, ({"error": {"code": "locked"}}, 423))
        self.assertIn("The source is busy with GET /contacts (423: locked).", text)
        self.assertIn("ask the source's support what locks it", text)

    def test_5xx_is_asked_again_with_longer_waits(self):
        self.source.answers(
            "/contacts",
            ({"error": {"message": "boom"}}, 500),
            ("<html>502 Bad Gateway</html>", 502),
            ("", 503),
            ('{"data": [', 504, {"Content-Type": "application/json"}),
            {"data": [1]},
        )
        answer = self.session().request("GET", "/contacts")
        self.assertEqual(answer.json(), {"data": [1]})
        for nap, least in zip(self.naps, (1, 2, 4, 8), strict=True):
            self.assertGreaterEqual(nap, least)
            self.assertLess(nap, least + 1)

    def test_5xx_after_five_tries_is_told_with_the_source_s_words(self):
        page = ("<html>502 Bad Gateway</html>", 502)
        self.assertEqual(
            self.error(Trouble, page),
            "The source failed at GET /contacts (502: a web page, perhaps of a proxy in"
            " between). Nothing is lost: resume later; if it stays, ask the source's"
            " support.",
        )
        self.assertEqual(len(self.source.seen), 5)

    def test_retry_after_of_a_503_is_kept_to(self):
        self.source.answers("/contacts", ("", 503, {"Retry-After": "7"}), {})
        self.session().request("GET", "/contacts")
        self.assertEqual(self.naps, [7.0])

    def test_a_login_page_stops_the_run(self):
        for headers in ({"Content-Type": "text/html"}, {"Content-Type": "text/plain"}):
            self.source = self.serve()
            text = self.error(SourceRefused, (LOGIN, 200, headers))
            self.assertIn("answers with a web page instead of data (200", text)
            self.assertIn("Check base URL and key under Connection and resume", text)
            self.assertEqual(len(self.source.seen), 1)

    def test_json_that_calls_itself_a_page_is_read(self):
        headers = {"Content-Type": "text/html"}
        self.source.answers("/contacts", ('{"data": []}', 200, headers))
        self.assertEqual(
            self.session().request("GET", "/contacts").json(), {"data": []}
        )

    def test_truncated_json_is_asked_again(self):
        cut = ('{"data": [{"id": 1}, {"i', 200, {"Content-Type": "application/json"})
        self.source.answers("/contacts", cut, {"data": []})
        self.session().request("GET", "/contacts")
        self.assertEqual(len(self.source.seen), 2)
        text = self.error(Trouble, cut)
        self.assertIn("The answer to GET /contacts is no complete JSON", text)
        self.assertIn("lower the page size", text)

    def test_an_empty_body_is_an_empty_answer(self):
        self.source.answers("/contacts", ("", 204), ("", 200))
        session = self.session()
        self.assertIsNone(session.request("GET", "/contacts").json())
        self.assertIsNone(session.request("GET", "/contacts").json())

    def test_a_success_that_says_that_it_failed(self):
        rules = {
            "in_200": [
                {
                    "path": "success",
                    "equals": False,
                    "message_at": "error.message",
                    "code_at": "error.code",
                }
            ],
            "daily_codes": ["106"],
            "throttle_codes": ["107"],
        }
        body = {"success": False, "error": {"code": 5, "message": "no index"}}
        text = self.error(Trouble, body, errors=rules)
        self.assertIn("reports an error at GET /contacts (200: no index).", text)
        self.source = self.serve()
        body = {"success": False, "error": {"code": 106, "message": "daily limit"}}
        text = self.error(SourcePaused, body, errors=rules)
        self.assertIn("quota of the day is used up (200: daily limit)", text)
        self.source = self.serve()
        body = {"success": False, "error": {"code": 107}}
        self.source.answers("/contacts", body, {"success": True, "data": []})
        self.session(errors=rules).request("GET", "/contacts")
        self.source = self.serve()
        body = {"success": False, "error": {"code": "unauthorized"}}
        self.error(SourceRefused, body, errors=rules)

    def test_a_connection_that_is_refused(self):
        self.source.close()
        session = self.session()
        error = self.refused(Trouble, session.request, "GET", "/contacts")
        self.assertRegex(
            str(error),
            r"cannot be reached for GET /contacts \(.*refused.*\). Check base URL",
        )
        self.assertEqual(len(self.naps), 4)
        # ten lists are not waited for one after the other
        self.refused(Trouble, session.request, "GET", "/deals")
        self.assertEqual(len(self.naps), 4)
        self.source = self.serve()

    def test_a_timeout_says_which_screws_to_turn(self):
        self.source.answers("/contacts", lambda: time.sleep(0.4) or {})
        session = self.session(limits={"timeout_s": 0.1})
        error = self.refused(Trouble, session.request, "GET", "/contacts", timeouts=2)
        self.assertEqual(error.kind, "timeout")
        self.assertIn("took longer than 0.1 s for GET /contacts. Lower the", str(error))
        self.assertEqual(len(self.source.seen), 2)

    def test_a_body_that_is_cut_off_is_asked_again(self):
        def cut():
            answer = flask.Response(b'{"data": ', mimetype="application/json")
            answer.headers["Content-Length"] = "5000"
            return answer

        self.source.answers("/contacts", cut, {"data": []})
        self.assertEqual(
            self.session().request("GET", "/contacts").json(), {"data": []}
        )


class TestBodies(WebCase):
    def packed(self, body, coding="gzip"):
        headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
        return (body, 200, headers)

    def test_gzip_is_unpacked(self):
        self.source.answers("/x", self.packed(gzip.compress(b'{"a": 1}')))
        self.assertEqual(self.session().request("GET", "/x").json(), {"a": 1})
        self.assertEqual(self.source.seen[0].headers["accept-encoding"], "gzip")

    def test_a_bomb_is_put_out(self):
        bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = b"0" * 1024 * 1024
        body = b"".join(bomb.compress(block) for _ in range(80)) + bomb.flush()
        self.assertLess(len(body), 200_000)
        self.source.answers("/x", self.packed(body))
        error = self.refused(SourceError, self.session().request, "GET", "/x")
        self.assertIn("more than 64 MiB in one answer. Lower the page", str(error))

    def test_nested_codings_are_refused(self):
        body = gzip.compress(gzip.compress(b"{}"))
        for coding in ("gzip, gzip", "br"):
            source = self.source = self.serve()
            source.answers("/x", self.packed(body, coding))
            error = self.refused(SourceError, self.session().request, "GET", "/x")
            self.assertIn(f"packs its answers as '{coding}'", str(error))

    def test_gzip_that_is_cut_off_or_broken_is_asked_again(self):
        whole = gzip.compress(b'{"a": 1}')
        self.source.answers(
            "/x", self.packed(whole[:-6]), self.packed(b"\0" * 9), self.packed(whole)
        )
        self.assertEqual(self.session().request("GET", "/x").json(), {"a": 1})

    def test_a_body_that_never_ends_is_left(self):
        def endless():
            block = b"[" * 1024 * 1024
            return flask.Response((block for _ in range(100)), mimetype="text/plain")

        self.source.answers("/x", endless)
        self.refused(SourceError, self.session().request, "GET", "/x")

    def test_a_packed_body_without_content_is_left(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        head = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH)
        empty = b"\0\0\0\xff\xff" * 20_000
        after_the_end = gzip.compress(b'{"a": 1}')
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}

        def endless(begin, block):
            def answer():
                blocks = (block for _ in range(10**6))
                return flask.Response(itertools.chain([begin], blocks), headers=headers)

            return answer

        self.source.answers("/x", endless(head, empty))
        error = self.refused(Trouble, self.session().request, "GET", "/x", tries=1)
        self.assertIn("packs nothing", str(error))
        self.source.answers("/y", endless(after_the_end, empty))
        self.assertEqual(self.session().request("GET", "/y").json(), {"a": 1})

    def test_many_small_objects_are_not_unpacked(self):
        self.source.answers("/x", ("[" + "[]," * 3_000_000 + "0]", 200))
        error = self.refused(Trouble, self.session().request, "GET", "/x", tries=1)
        self.assertIn("than fit into memory", str(error))

    def test_codecs_that_are_no_charset_are_not_used(self):
        kind = "application/json; charset=punycode"
        self.source.answers("/x", ('{"a": "é"}', 200, {"Content-Type": kind}))
        self.assertEqual(self.session().request("GET", "/x").json(), {"a": "é"})

    def test_words_that_no_database_takes_are_replaced(self):
        body = '{"message": "a\\u0000b\\ud800c", "errors": {"x": {"deep": [1]}}}'
        self.source.answers("/x", (body, 400))
        error = self.refused(SourceError, self.session().request, "GET", "/x")
        self.assertIn("a�b�c", str(error))

    def test_json_that_is_nested_too_deep_is_no_json(self):
        self.source.answers("/x", ("[" * 200_000, 200))
        error = self.refused(Trouble, self.session().request, "GET", "/x", tries=1)
        self.assertIn("nested too deep", str(error))

    def test_encodings_are_kept_to(self):
        kind = "application/json; charset=iso-8859-1"
        self.source.answers(
            "/x",
            ('{"a": "é"}'.encode("latin-1"), 200, {"Content-Type": kind}),
            (b'\xef\xbb\xbf{"a": "\xc3\xa9"}', 200),
        )
        session = self.session()
        for _ in range(2):
            self.assertEqual(session.request("GET", "/x").json(), {"a": "é"})


class TestCredentials(WebCase):
    def test_a_key_that_the_source_repeats_is_masked(self):
        key = "0123-4567-89ab-cdef"
        basic = base64.b64encode(f"ann:{key}".encode()).decode()
        self.source.answers(
            "/me",
            {"api_token": key, "sent": f"Basic {basic}", "name": "ann", "id": 1},
        )
        session = self.session(
            {"username": "ann", "password": key}, auth={"type": "basic"}
        )
        data = session.request("GET", "/me").json()
        masked = {"api_token": "***", "sent": "Basic ***", "name": "ann", "id": 1}
        self.assertEqual(data, masked)
        self.assertEqual(session.vault.redact(f"Basic {basic}"), "Basic ***")

    def test_each_kind_of_credential(self):
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        for auth, name, value in (
            ({"type": "header", "header": "X-API-Key"}, "x-api-key", KEY),
            (
                {"type": "header", "header": "Authorization", "prefix": "Token"},
                "authorization",
                f"Token {KEY}",
            ),
            ({"type": "bearer"}, "authorization", f"Bearer {KEY}"),
            ({"type": "basic"}, "authorization", f"Basic {basic}"),
        ):
            self.source = self.serve()
            self.source.answers("/x", {})
            auth = {**auth, "extra_headers": {"ST-App-Key": "app-{app}", "X-V": "2"}}
            session = self.session({"api_key": KEY, "app": "4711"}, auth=auth)
            session.request("GET", "/x", params={"a": "1"})
            asked = self.source.seen[0]
            self.assertEqual(asked.headers[name], value)
            self.assertEqual(asked.headers["st-app-key"], "app-4711")
            self.assertEqual(asked.headers["x-v"], "2")
            self.assertEqual(asked.args, {"a": "1"})

    def test_user_and_password(self):
        self.source.answers("/x", {})
        secrets = {"username": "añna", "password": KEY}
        self.session(secrets, auth={"type": "basic"}).request("GET", "/x")
        sent = self.source.seen[0].headers["authorization"].split()[1]
        self.assertEqual(base64.b64decode(sent).decode(), f"añna:{KEY}")

    def test_a_key_in_the_query(self):
        self.source.answers("/x", {})
        auth = {"type": "query", "query_param": "key"}
        answer = self.session(auth=auth).request("GET", "/x", params={"a": "1"})
        self.assertEqual(self.source.seen[0].args, {"a": "1", "key": KEY})
        self.assertNotIn("x-api-key", self.source.seen[0].headers)
        self.assertNotIn(KEY, repr(answer))

    def test_a_key_in_the_query_is_in_no_message(self):
        self.source.answers("/x", (f"no {KEY}", 500), ({"message": KEY}, 401))
        auth = {"type": "query", "query_param": "key"}
        session = self.session(auth=auth)
        with self.assertLogs("urllib3", logging.DEBUG) as logs:
            error = self.refused(SourceRefused, session.request, "GET", "/x")
        self.assertIn("***", str(error))
        self.assertNotIn(KEY, "".join(logs.output))
        self.source.close()
        self.refused(Trouble, session.request, "GET", "/x", tries=1)
        self.source = self.serve()

    def test_nothing_shows_the_key(self):
        session = self.session(auth={"type": "basic"})
        shown = f"{session!r} {session.vault!r} {session._credential!r}"
        self.assertNotIn(KEY, shown)
        with self.assertRaises(TypeError):
            pickle.dumps(session.vault)

    def test_a_missing_or_torn_key_is_told_without_it(self):
        for secrets, words in (
            ({"api_key": " "}, "No key is entered. Enter it under Connection."),
            ({"api_key": f"{KEY}\nX-Evil: 1"}, "line breaks or letters"),
            ({"api_key": f"{KEY}é"}, "line breaks or letters"),
        ):
            error = self.refused(SourceRefused, self.session, secrets)
            self.assertIn(words, str(error))

    def test_blanks_around_a_pasted_key_do_not_count(self):
        self.source.answers("/x", {})
        self.session({"api_key": f" {KEY}\n"}).request("GET", "/x")
        self.assertEqual(self.source.seen[0].headers["x-api-key"], KEY)

    def test_the_source_s_words_are_masked_before_they_are_cut(self):
        words = "x" * 290 + KEY
        self.source.answers("/x", ({"message": words}, 400))
        error = self.refused(SourceError, self.session().request, "GET", "/x")
        self.assertNotIn(KEY[:6], str(error))

    def test_every_form_of_a_secret_is_masked(self):
        secret = 'p&ss "wörd"/'
        for text in (
            "p%26ss%20%22w%C3%B6rd%22/",
            "p%26ss+%22w%C3%B6rd%22%2F",
            'p&ss \\"w\\u00f6rd\\"/',
            base64.b64encode(secret.encode()).decode(),
        ):
            self.assertEqual(redact(f"<{text}>", {"password": secret}), "<***>")
        self.assertEqual(
            redact("me and men, me", {"username": "me"}), "*** and men, ***"
        )

    def test_the_user_agent_names_whom_to_ask(self):
        self.source.answers("/x", {})
        options = self.options(contact="admin@example.org\r\nX-Evil: 1")
        self.session(options=options).request("GET", "/x")
        agent = self.source.seen[0].headers["user-agent"]
        self.assertEqual(agent, "odoo-migration/19.0 (admin@example.orgX-Evil: 1)")

    def test_cookies_are_not_kept(self):
        self.source.answers("/x", ({}, 200, {"Set-Cookie": "session=1"}))
        session = self.session()
        session.request("GET", "/x")
        session.request("GET", "/x")
        self.assertNotIn("cookie", self.source.seen[1].headers)


class TestTokens(WebCase):
    def setUp(self):
        super().setUp()
        self.login = self.serve()
        self.count = 0
        self.lasts = 3600
        self.login.answers("/token", self.grant)
        self.source.answers("/x", self.view)
        self.good = None

    def grant(self):
        self.count += 1
        token = self.good = f"tok-{self.count:06d}"
        return {"access_token": token, "expires_in": self.lasts}

    def view(self):
        sent = flask.request.headers.get("Authorization")
        return {} if sent == f"Bearer {self.good}" else ({"message": sent}, 401)

    def open(self, **auth):
        auth = {
            "type": "oauth2_client_credentials",
            "token_url": f"{self.login.url}/token",
            "scope": "read",
            **auth,
        }
        return self.session({"client_id": "me", "client_secret": KEY}, auth=auth)

    def test_a_token_is_fetched_once(self):
        session = self.open()
        session.request("GET", "/x")
        session.request("GET", "/x")
        self.assertEqual(self.count, 1)
        form = self.login.seen[0].body.decode()
        self.assertEqual(
            form,
            f"grant_type=client_credentials&scope=read&client_id=me&client_secret={KEY}",
        )
        self.assertNotIn(KEY, "".join(asked.text for asked in self.source.seen))

    def test_id_and_secret_may_go_in_a_header(self):
        self.open(client_auth="basic").request("GET", "/x")
        sent = self.login.seen[0].headers["authorization"].split()[1]
        self.assertEqual(base64.b64decode(sent).decode(), f"me:{KEY}")
        self.assertNotIn(KEY, self.login.seen[0].body.decode())

    def test_a_token_is_renewed_before_it_ends(self):
        session = self.open()
        session.request("GET", "/x")
        self.now += 3500
        session.request("GET", "/x")
        self.assertEqual(self.count, 1)
        self.now += 50
        session.request("GET", "/x")
        self.assertEqual(self.count, 2)

    def test_a_token_that_is_refused_is_renewed_once(self):
        session = self.open()
        session.request("GET", "/x")
        self.good = "revoked"
        session.request("GET", "/x")
        self.assertEqual(self.count, 2)
        self.source.answers("/y", ({"message": "no"}, 401))
        error = self.refused(SourceRefused, session.request, "GET", "/y")
        self.assertIn("does not accept the key (401: no)", str(error))
        self.assertEqual(len(self.source.asked("/y")), 2)

    def test_a_token_is_masked_like_a_secret(self):
        session = self.open()
        session.request("GET", "/x")
        self.source.answers("/y", lambda: ({"message": self.good}, 400))
        error = self.refused(SourceError, session.request, "GET", "/y")
        self.assertIn("(400: ***)", str(error))

    def test_no_token(self):
        for answer, words in (
            (({"error": "invalid_client", "error_description": KEY}, 401), "401 inval"),
            ({"token": "x"}, "the answer has no access_token"),
            (("<html>", 200), "the answer has no access_token"),
        ):
            login = self.serve()
            login.answers("/token", answer)
            session = self.open(token_url=f"{login.url}/token")
            error = self.refused(SourceRefused, session.request, "GET", "/x")
            self.assertIn(words, str(error))
            self.assertIn("Check token address, client id and client", str(error))

    def test_a_token_request_is_never_redirected(self):
        foreign, login = self.serve(), self.serve()
        foreign.answers("/token", self.grant)
        login.redirects("/token", f"{foreign.url}/token", 307)
        session = self.open(token_url=f"{login.url}/token")
        self.refused(UnsafeAddress, session.request, "GET", "/x")
        self.assertEqual(foreign.seen, [])

    def test_a_token_server_that_fails_is_asked_again(self):
        login = self.serve()
        login.answers("/token", ("", 503), ("", 429, {"Retry-After": "3"}), self.grant)
        self.open(token_url=f"{login.url}/token").request("GET", "/x")
        self.assertEqual(len(login.seen), 3)


class TestRedirects(WebCase):
    def setUp(self):
        super().setUp()
        self.foreign = self.serve()
        self.foreign.answers("/x", {"at": "foreign"})
        self.source.answers("/x", {"at": "home"})

    def assert_no_leak(self):
        for asked in self.foreign.seen:
            self.assertNotIn(KEY, asked.text)

    def test_within_the_source_the_key_goes_along(self):
        self.source.redirects("/old", "/x")
        answer = self.session().request("GET", "/old")
        self.assertEqual(answer.json(), {"at": "home"})
        self.assertEqual(self.source.seen[1].headers["x-api-key"], KEY)

    def test_no_kind_of_credential_goes_to_another_origin(self):
        self.source.redirects("/old", f"{self.foreign.url}/x?key={KEY}&a=1")
        for auth in (
            {"type": "header", "header": "X-API-Key"},
            {"type": "bearer"},
            {"type": "basic"},
            {"type": "query", "query_param": "key"},
            {"type": "none", "extra_headers": {"ST-App-Key": KEY}},
        ):
            session = self.session(auth=auth)
            answer = session.request("GET", "/old", headers={"X-Own": KEY})
            self.assertEqual(answer.json(), {"at": "foreign"})
            self.assertEqual(self.foreign.seen[-1].args, {"a": "1"})
        self.assertEqual(len(self.foreign.seen), 5)
        self.assert_no_leak()

    def test_another_port_or_name_is_another_origin(self):
        self.source.redirects("/old", f"http://localhost:{self.source.port}/x")
        self.session().request("GET", "/old")
        self.assertNotIn("x-api-key", self.source.seen[1].headers)

    def test_hosts_that_the_profile_allows_get_the_key(self):
        self.source.redirects("/old", f"{self.foreign.url}/x")
        hosts = [f"127.0.0.1:{self.foreign.port}"]
        self.session(allowed_hosts=hosts).request("GET", "/old")
        self.assertEqual(self.foreign.seen[0].headers["x-api-key"], KEY)

    def test_the_key_does_not_come_back_after_it_was_taken_off(self):
        self.source.redirects("/old", f"{self.foreign.url}/back")
        self.foreign.redirects("/back", f"{self.source.url}/x")
        self.session().request("GET", "/old")
        self.assertNotIn("x-api-key", self.source.asked("/x")[0].headers)
        self.assert_no_leak()

    def test_a_key_in_the_path_of_a_redirect_is_refused(self):
        self.source.redirects("/old", f"{self.foreign.url}/x/{KEY}")
        error = self.refused(UnsafeAddress, self.session().request, "GET", "/old")
        self.assertIn("an address with the key inside", str(error))
        self.assertEqual(self.foreign.seen, [])

    def test_a_user_name_may_stand_in_an_address(self):
        self.source.redirects("/old", "/x?by=anna.lee")
        secrets = {"username": "anna.lee", "password": KEY}
        auth = {"type": "basic", "extra_headers": {"X-Tenant": "old-tenant"}}
        self.session(secrets, auth=auth).request("GET", "/old")
        self.assertEqual(self.source.seen[1].args, {"by": "anna.lee"})

    def test_what_is_posted_does_not_go_to_another_origin(self):
        self.source.redirects("/old", f"{self.foreign.url}/x", 307)
        error = self.refused(
            UnsafeAddress, self.session().request, "POST", "/old", json={"q": 1}
        )
        self.assertRegex(
            str(error), "redirects what was sent to it to .*/x. Enter that"
        )
        self.assertEqual(self.foreign.seen, [])

    def test_what_is_posted_stays_posted_within_the_source(self):
        self.source.redirects("/old", "/x", 308)
        self.session().request("POST", "/old", json={"q": 1})
        self.assertEqual(self.source.seen[1].method, "POST")
        self.assertEqual(self.source.seen[1].body, b'{"q": 1}')
        self.source.redirects("/see", "/x", 303)
        self.session().request("POST", "/see", json={"q": 1})
        self.assertEqual(self.source.seen[3].method, "GET")

    def test_a_redirect_to_an_unsafe_address_is_not_followed(self):
        for target in (
            "http://169.254.169.254/latest/meta-data/",
            "ftp://127.0.0.1/x",
            f"http://me:{KEY}@127.0.0.1/x",
            "http://[bad/x",
        ):
            self.source = self.serve()
            self.source.redirects("/old", target)
            self.refused(UnsafeAddress, self.session().request, "GET", "/old")

    def test_too_many_redirects(self):
        self.source.redirects("/old", "/old")
        error = self.refused(SourceError, self.session().request, "GET", "/old")
        self.assertRegex(str(error), "redirects more than 5 times. Enter the address")
        self.assertEqual(len(self.source.seen), 6)

    def test_an_address_of_another_origin_is_asked_without_the_key(self):
        self.session().request("GET", f"{self.foreign.url}/x")
        self.assertEqual(len(self.foreign.seen), 1)
        self.assert_no_leak()


class TestHooks(WebCase):
    def test_a_caller_reads_statuses_that_it_accepts(self):
        self.source.answers("/x", ({"errors": [{"message": "field"}]}, 400))
        answer = self.session().request("POST", "/x", json={}, accept=(400,))
        self.assertEqual(answer.status, 400)

    def test_a_caller_says_what_is_wrong_with_an_answer(self):
        self.source.answers("/x", {"errors": [1]}, {"data": 1})

        def check(response):
            if "errors" in response.json():
                return Trouble("slower", "throttled", 3.0)
            return None

        answer = self.session().request("POST", "/x", json={}, check=check)
        self.assertEqual(answer.json(), {"data": 1})
        self.assertTrue(re.match(r"\[3(\.0+)?\]", str(self.naps)))

    def test_a_closed_session_wakes_whoever_waits(self):
        session = self.session()
        session.close()
        error = self.refused(SourceError, session.request, "GET", "/x")
        self.assertEqual(str(error), "The connection to the source was closed.")

    def test_version_and_namespace_stand_in_paths(self):
        self.source.answers("/api/v2/ns/x", {})
        session = self.session(api_version="v2", namespace=["ns", "other"])
        self.assertEqual(
            session.request("GET", "/api/{api_version}/{namespace}/x").status, 200
        )
