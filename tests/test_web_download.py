import gzip
import hashlib
import itertools
import os
from datetime import datetime, timedelta, timezone

import flask

from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.connectors.web import open_source
from odoo.addons.crm_migration.connectors.web.download import (
    DownloadError,
    DownloadItem,
    FileCutOff,
    FileDiffers,
    FileGone,
    FileRefused,
    FileTooLarge,
    download,
    download_many,
    file_name,
)
from odoo.addons.crm_migration.connectors.web.part import Checksum
from odoo.addons.crm_migration.exceptions import BinaryMissing, SourcePaused
from odoo.addons.crm_migration.samples.servers import SampleSources

from .web_case import KEY, NOW, WebCase

DATA = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(DATA).hexdigest()
PAST = datetime.fromtimestamp(NOW, timezone.utc) - timedelta(seconds=1)


class DownloadCase(WebCase):
    def setUp(self):
        super().setUp()
        self.storage = self.serve()
        self.storage.answers("/f", self.view)
        self.etag = '"v1"'
        self.cuts = []
        self.data = DATA
        self.target = os.path.join(self.folder, "sub", "file.bin")

    def view(self):
        """Serve the file; each entry of `cuts` is how much of it one answer brings."""
        start, status = 0, 200
        asked = flask.request.headers
        if "Range" in asked and asked.get("If-Range", self.etag) == self.etag:
            start, status = int(asked["Range"][6:-1]), 206
            if start >= len(self.data):
                return "", 416, {"Content-Range": f"bytes */{len(self.data)}"}
        body = self.data[start:]
        headers = {
            "Content-Length": str(len(body)),
            "ETag": self.etag,
            "Content-Type": "application/pdf; charset=x",
            "Content-Disposition": "attachment; filename*=UTF-8''Pl%C3%A4ne.pdf",
        }
        if status == 206:
            last = len(self.data) - 1
            headers["Content-Range"] = f"bytes {start}-{last}/{len(self.data)}"
        if self.cuts:
            body = body[: self.cuts.pop(0)]
        return flask.Response(iter([body]), status, headers)

    def fetch(self, url="", session=None, **options):
        session = session or self.session()
        return download(session, url or f"{self.storage.url}/f", self.target, **options)

    def content(self):
        with open(self.target, "rb") as file:
            return file.read()

    def left(self):
        folder = os.path.dirname(self.target)
        return sorted(os.listdir(folder)) if os.path.exists(folder) else []


class TestDownload(DownloadCase):
    def test_a_file(self):
        found = self.fetch(expected_size=len(DATA), checksum=f"sha256:{SHA256}")
        self.assertEqual(self.content(), DATA)
        self.assertEqual(found.path, self.target)
        self.assertEqual(found.size, len(DATA))
        self.assertEqual(found.sha256, SHA256)
        self.assertEqual(found.sha1, hashlib.sha1(DATA).hexdigest())
        self.assertEqual(found.mimetype, "application/pdf")
        self.assertEqual(found.filename, "Pläne.pdf")
        self.assertEqual(self.left(), ["file.bin"])

    def test_an_empty_file(self):
        self.data = b""
        self.assertEqual(self.fetch(expected_size=0).size, 0)
        self.assertEqual(self.content(), b"")

    def test_no_credential_goes_to_the_storage(self):
        for auth in (
            {"type": "header", "header": "X-API-Key"},
            {"type": "bearer"},
            {"type": "query", "query_param": "key"},
        ):
            for files in ({"auth": "never"}, {"auth": "same_origin"}):
                self.fetch(session=self.session(auth=auth, files=files))
        for asked in self.storage.seen:
            self.assertNotIn(KEY, asked.text)

    def test_files_of_the_source_itself(self):
        self.source.answers("/f", self.view)
        self.fetch("/f", session=self.session(files={"auth": "never"}))
        self.assertNotIn(KEY, self.source.seen[0].text)
        self.fetch("/f", session=self.session(files={"auth": "same_origin"}))
        self.assertEqual(self.source.seen[1].headers["x-api-key"], KEY)

    def test_a_redirect_to_the_storage_takes_the_key_off(self):
        self.source.redirects("/f", f"{self.storage.url}/f?sig=1&key={KEY}")
        auth = {"type": "query", "query_param": "key"}
        session = self.session(auth=auth, files={"auth": "same_origin"})
        self.fetch("/f", session=session)
        self.assertEqual(self.source.seen[0].args["key"], KEY)
        self.assertEqual(self.storage.seen[0].args, {"sig": "1"})
        self.assertNotIn(KEY, self.storage.seen[0].text)

    def test_hosts_may_be_limited(self):
        for hosts, kind in (
            (["*.storage.example"], FileRefused),
            (["127.0.0.1"], None),
            (["*"], None),
        ):
            session = self.session(attachment_hosts=hosts)
            if kind is None:
                self.fetch(session=session)
                continue
            error = self.refused(kind, self.fetch, session=session)
            self.assertIn("Enter it under attachment_hosts", str(error))
        self.assertEqual(len(self.storage.seen), 2)
        self.source.redirects("/f", f"http://localhost:{self.storage.port}/f")
        session = self.session(attachment_hosts=["127.0.0.1"])
        self.refused(FileRefused, self.fetch, "/f", session=session)
        self.assertEqual(len(self.storage.seen), 2)

    def test_unsafe_addresses_are_refused_for_good(self):
        self.source.redirects("/f", "http://169.254.169.254/latest")
        for url in ("/f", "file:///etc/passwd", f"http://u:{KEY}@127.0.0.1/x"):
            error = self.refused(FileRefused, self.fetch, url)
            self.assertFalse(error.retry_later)

    def test_open_binary_gives_the_stream(self):
        with open_source(self.profile(), {"api_key": KEY}, self.options()) as connector:
            with connector.open_binary(f"{self.storage.url}/f") as stream:
                self.assertEqual(stream.read(), DATA)
            with self.assertRaises(BinaryMissing):
                with connector.open_binary(f"{self.storage.url}/gone"):
                    pass


class TestResume(DownloadCase):
    def test_a_file_that_is_cut_off_goes_on_where_it_was(self):
        self.cuts = [100_000, 50_000]
        self.assertEqual(self.fetch(checksum=SHA256).sha256, SHA256)
        ranges = [asked.headers.get("range") for asked in self.storage.seen]
        self.assertEqual(ranges, [None, "bytes=100000-", "bytes=150000-"])
        self.assertEqual(self.content(), DATA)

    def test_the_next_run_goes_on_where_the_last_was_killed(self):
        self.cuts = [100_000] + [0] * 20
        session = self.session(limits={"max_retries": 1})
        error = self.refused(FileCutOff, self.fetch, session=session)
        self.assertTrue(error.retry_later)
        self.assertEqual(self.left(), ["file.bin.part", "file.bin.part.tag"])
        self.cuts = []
        self.fetch()
        self.assertEqual(self.content(), DATA)
        last = self.storage.seen[-1].headers
        self.assertEqual((last["range"], last["if-range"]), ("bytes=100000-", '"v1"'))
        self.assertEqual(self.left(), ["file.bin"])

    def test_another_version_is_begun_anew(self):
        self.cuts = [100_000]
        session = self.session(limits={"max_retries": 1})
        self.refused(FileCutOff, self.fetch, session=session)
        self.etag, self.data = '"v2"', DATA[::-1]
        self.fetch()
        self.assertEqual(self.content(), DATA[::-1])

    def test_without_a_version_only_a_checksum_lets_it_go_on(self):
        self.etag = 'W/"weak"'
        for checksum, wanted in ((None, None), (SHA256, "bytes=1000-")):
            self.cuts = [1000]
            self.storage.seen.clear()
            self.fetch(checksum=checksum)
            self.assertEqual(self.storage.seen[1].headers.get("range"), wanted)

    def test_a_part_that_is_whole_is_taken(self):
        os.makedirs(os.path.dirname(self.target))
        with open(f"{self.target}.part", "wb") as file:
            file.write(DATA)
        self.assertEqual(self.fetch(checksum=SHA256).size, len(DATA))
        self.assertEqual(len(self.storage.seen), 1)
        self.assertEqual(self.content(), DATA)

    def test_a_part_that_is_longer_than_the_file_is_thrown_away(self):
        os.makedirs(os.path.dirname(self.target))
        with open(f"{self.target}.part", "wb") as file:
            file.write(DATA + b"more")
        self.assertEqual(self.fetch(checksum=SHA256).sha256, SHA256)

    def test_another_part_than_asked_for_is_not_taken(self):
        self.cuts = [1000]
        headers = {"Content-Range": "bytes 5-9/10", "ETag": '"v1"'}
        self.storage.answers("/f", self.view, ("wrong", 206, headers), self.view)
        self.fetch(checksum=SHA256)
        self.assertEqual(self.content(), DATA)

    def test_a_server_that_ignores_ranges_starts_over(self):
        self.cuts = [1000]
        self.storage.answers("/f", self.view, (DATA, 200), (DATA, 200))
        self.fetch(checksum=SHA256)
        self.assertEqual(self.content(), DATA)

    def test_servers_that_fail_are_asked_again(self):
        self.storage.answers(
            "/f", ("", 503), ("", 429, {"Retry-After": "3"}), self.view
        )
        self.fetch()
        self.assertEqual(len(self.storage.seen), 3)
        self.assertIn(3.0, self.naps)

    def test_a_host_that_is_not_there_may_come_back(self):
        self.storage.close()
        error = self.refused(FileCutOff, self.fetch)
        self.assertIn(f"{self.storage.url} cannot be reached for the file", str(error))
        self.storage = self.serve()

    def test_a_long_wait_pauses_what_it_is_about(self):
        busy = ("", 429, {"Retry-After": "600"})
        self.storage.answers("/f", busy)
        self.refused(FileCutOff, self.fetch)
        self.source.answers("/f", busy)
        self.refused(SourcePaused, self.fetch, "/f")


class TestRefusals(DownloadCase):
    def test_files_that_are_gone(self):
        for status in (404, 410):
            self.storage.answers("/f", ("", status))
            error = self.refused(FileGone, self.fetch)
            self.assertFalse(error.retry_later)
            self.assertIn(f"does not have the file any more ({status})", str(error))

    def test_a_size_that_is_announced(self):
        error = self.refused(FileTooLarge, self.fetch, max_bytes=1000)
        self.assertIn("Raise the limit, or take the file over by hand", str(error))
        self.assertEqual(self.left(), [])
        self.refused(FileTooLarge, self.fetch, max_bytes=9, expected_size=10)
        self.assertEqual(len(self.storage.seen), 1)

    def test_a_size_that_is_not_announced(self):
        sent = itertools.count()

        def view():
            blocks = (b"x" * 65536 for _ in itertools.takewhile(lambda _: True, sent))
            return flask.Response(blocks, mimetype="video/mp4")

        self.storage.answers("/f", view)
        self.refused(FileTooLarge, self.fetch, max_bytes=500_000)
        self.assertLess(next(sent), 2000)
        self.assertEqual(self.left(), [])

    def test_a_limit_of_the_profile(self):
        session = self.session(files={"max_bytes": 1000})
        self.refused(FileTooLarge, self.fetch, session=session)

    def test_a_packed_file_does_not_explode(self):
        body = gzip.compress(b"0" * 30_000_000)
        headers = {"Content-Encoding": "gzip"}
        self.storage.answers("/f", (body, 200, headers))
        self.refused(FileTooLarge, self.fetch, max_bytes=1_000_000)
        self.assertEqual(self.fetch(max_bytes=40_000_000).size, 30_000_000)

    def test_a_checksum_that_differs(self):
        for wanted in (
            {"checksum": "0" * 64},
            {"checksum": "md5:" + "0" * 32},
            {"expected_size": 5},
        ):
            self.storage.seen.clear()
            error = self.refused(FileDiffers, self.fetch, **wanted)
            self.assertFalse(error.retry_later)
            self.assertEqual(len(self.storage.seen), 2)
            self.assertEqual(self.left(), [])

    def test_a_torn_part_is_mended_by_the_checksum(self):
        os.makedirs(os.path.dirname(self.target))
        with open(f"{self.target}.part", "wb") as file:
            file.write(b"torn" * 10)
        self.fetch(checksum=SHA256)
        self.assertEqual(self.content(), DATA)

    def test_checksums_in_each_form(self):
        for text, kind in (
            (SHA256, "sha256"),
            (f"SHA-256:{SHA256.upper()}", "sha256"),
            ("sha1=" + "a" * 40, "sha1"),
            ("b" * 32, "md5"),
            ("sha256:9f2c...", ""),
            ("md5:" + "a" * 40, ""),
            ("", ""),
            (None, ""),
        ):
            self.assertEqual(Checksum.of(text).kind, kind, text)

    def test_a_login_page_is_no_file(self):
        page = ("<!doctype html><html>login</html>", 200, {"Content-Type": "text/html"})
        self.storage.answers("/f", page)
        error = self.refused(FileRefused, self.fetch, mimetype="application/pdf")
        self.assertIn("a web page instead of the file", str(error))
        self.assertEqual(self.fetch(mimetype="text/html").mimetype, "text/html")

    def test_other_refusals_are_for_good(self):
        for status in (400, 401, 422):
            self.storage.answers("/f", ({"message": "no"}, status))
            error = self.refused(FileRefused, self.fetch)
            self.assertFalse(error.retry_later)


class TestExpiry(DownloadCase):
    def setUp(self):
        super().setUp()
        self.storage.answers("/old", ("<Error>expired</Error>", 403))
        self.old = f"{self.storage.url}/old"
        self.asked = 0

    def refresh(self):
        self.asked += 1
        return f"{self.storage.url}/f"

    def test_an_ended_link_is_renewed_once(self):
        for status in (403, 410):
            self.storage.answers("/old", ("", status))
            self.asked = 0
            self.fetch(self.old, refresh=self.refresh)
            self.assertEqual(self.asked, 1)
            self.assertEqual(self.content(), DATA)

    def test_a_link_that_is_known_to_have_ended_is_not_asked(self):
        self.fetch(self.old, refresh=self.refresh, expires_at=PAST)
        self.assertEqual(self.storage.asked("/old"), [])
        later = PAST + timedelta(seconds=60)
        self.fetch(self.old, refresh=self.refresh, expires_at=later)
        self.assertEqual(len(self.storage.asked("/old")), 1)

    def test_a_new_link_that_has_ended_too(self):
        calls = []

        def refresh():
            calls.append(1)
            return self.old

        error = self.refused(FileRefused, self.fetch, self.old, refresh=refresh)
        self.assertIn("its link has ended, or the key has no right to it", str(error))
        self.assertEqual(len(calls), 1)

    def test_no_new_link(self):
        self.refused(FileRefused, self.fetch, self.old)
        error = self.refused(FileRefused, self.fetch, self.old, refresh=lambda: None)
        self.assertIn("the source gives no new one", str(error))


class TestMany(DownloadCase):
    def items(self, count):
        for number in range(count):
            path = "f" if number % 5 else "gone"
            url = f"{self.storage.url}/{path}"
            yield DownloadItem(number, url, os.path.join(self.folder, str(number)))

    def test_files_come_side_by_side(self):
        found = dict(
            (item.key, result)
            for item, result in download_many(self.session(), self.items(20), 4)
        )
        self.assertEqual(len(found), 20)
        gone = [key for key, result in found.items() if isinstance(result, FileGone)]
        self.assertEqual(sorted(gone), [0, 5, 10, 15])
        self.assertEqual(found[1].sha256, SHA256)

    def test_items_are_taken_as_workers_get_free(self):
        taken = []

        def items():
            for item in self.items(20):
                taken.append(item)
                yield item

        results = download_many(self.session(), items(), 2)
        next(results)
        self.assertLessEqual(len(taken), 3)
        results.close()
        self.assertLessEqual(len(taken), 3)

    def test_nothing_to_do(self):
        self.assertEqual(list(download_many(self.session(), [], 2)), [])


class TestNames(WebCase):
    def test_names_in_headers(self):
        for header, name in (
            ('attachment; filename="a b.pdf"', "a b.pdf"),
            ("attachment; filename=../../etc/passwd", "passwd"),
            ('attachment; filename="C:\\\\x\\\\y.doc"', "y.doc"),
            ("attachment; filename*=UTF-8''%E2%82%AC.txt", "€.txt"),
            ("inline", ""),
            ("", ""),
            (None, ""),
            ("attachment; filename*=bogus''%ff", "\xff"),
        ):
            self.assertEqual(file_name(header), name, header)


class TestSampleFiles(WebCase):
    def test_every_file_of_the_sample_comes_or_says_why(self):
        with SampleSources(clock=lambda: self.now) as sources:
            sources.faults.sleep = lambda seconds: None
            profile = load_preset_profile("roadrunner_v2")
            profile["base_url"] = sources.rest_url
            profile["limits"]["max_rps"] = 0
            profile["files"]["max_bytes"] = 2_000_000
            secrets = {"api_key": sources.auth.api_key}
            with open_source(profile, secrets, self.options()) as connector:
                self.pull(connector, sources)

    def pull(self, connector, sources):
        tables = {table.object: table for table in connector.tables()}
        records = [i for page in connector.pages(tables["file"]) for i in page.items]
        results = {}
        items = []
        for record in records:
            options = {
                "expected_size": record.data["size"],
                "checksum": record.data["checksum"],
                "refresh": lambda key=record.external_id: connector.new_link(
                    "file", key
                )[0],
            }
            target = os.path.join(self.folder, record.external_id)
            url = record.data["download_url"]
            items.append(DownloadItem(record.external_id, url, target, options))
        for item, result in download_many(connector.session, items, 4):
            results[item.key] = result
        unexpected = [
            result
            for result in results.values()
            if isinstance(result, Exception) and not isinstance(result, DownloadError)
        ]
        self.assertEqual(unexpected, [])
        blobs = sources.world.road_runner.blobs
        by_behaviour = {
            blob.behaviour: results[key]
            for key, blob in blobs.items()
            if key in results
        }
        self.assertIsInstance(by_behaviour["missing"], FileGone)
        self.assertIsInstance(by_behaviour["over_cap"], FileTooLarge)
        for name in ("expired", "cut", "other_host"):
            self.assertNotIsInstance(by_behaviour[name], Exception, name)
        for asked in sources.requests.of("storage"):
            self.assertFalse(asked.holds(sources.auth.api_key))
