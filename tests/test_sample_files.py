import hashlib
from urllib.parse import urlsplit

import requests

from .samples_case import SamplesCase


class TestStorage(SamplesCase):
    shared = False

    def setUp(self):
        super().setUp()
        self.rows = {row["id"]: row for row in self.pull("/api/v2/files")}

    def fetch(self, key, **headers):
        return requests.get(
            self.rows[key]["download_url"],
            headers=headers,
            timeout=20,
            allow_redirects=False,
        )

    def file(self, trouble):
        return self.places("road_runner", trouble)["file"][0]

    def test_sound_files_are_what_the_list_says(self):
        troubled = {
            key
            for name in self.truth["road_runner"]["file"]["trouble"]
            for key in self.places("road_runner", name)["file"]
            if name not in ("same_file_name", "inline_image")
        }
        sound = [row for key, row in self.rows.items() if key not in troubled]
        self.assertGreater(len(sound), 35)
        for row in sound:
            data = self.fetch(row["id"]).content
            self.assertEqual(len(data), row["size"])
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            self.assertEqual(digest, row["checksum"])

    def test_download_leads_to_another_origin_which_never_needs_the_key(self):
        answer = self.get("/api/v2/files/fl_20/download")
        self.assertEqual(answer.status_code, 302)
        target = answer.headers["Location"]
        self.assertNotEqual(
            urlsplit(target).netloc, urlsplit(self.sources.rest_url).netloc
        )
        self.assertEqual(requests.get(target, timeout=20).status_code, 200)
        (seen,) = self.sources.requests.of("storage")
        self.assertFalse(seen.holds(self.sources.auth.api_key))
        requests.get(target, headers=self.key, timeout=20)
        self.assertTrue(
            self.sources.requests.of("storage")[-1].holds(self.sources.auth.api_key)
        )
        refused = requests.get(target, headers=self.bearer, timeout=20)
        self.assertEqual(refused.status_code, 400)

    def test_addresses_expire_and_are_signed_anew(self):
        key = self.file("file_expired")
        self.assertEqual(self.fetch(key).status_code, 403)
        self.rows[key] = self.get(f"/api/v2/files/{key}").json()["data"]
        self.assertEqual(self.fetch(key).status_code, 200)
        clock = self.sources.clock
        self.sources.clock = lambda: clock() + 3601
        self.assertEqual(self.fetch(key).status_code, 403)

    def test_changed_address_is_refused(self):
        url = self.rows["fl_20"]["download_url"].replace("fl_20", "fl_21")
        self.assertEqual(requests.get(url, timeout=20).status_code, 403)

    def test_download_goes_on_where_it_was_cut(self):
        key = self.file("file_cut")
        received = b""
        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
            for part in requests.get(
                self.rows[key]["download_url"], stream=True, timeout=20
            ).iter_content(16):
                received += part
        self.assertTrue(0 < len(received) < self.rows[key]["size"])
        rest = self.fetch(key, Range=f"bytes={len(received)}-")
        self.assertEqual(rest.status_code, 206)
        self.assertIn("Content-Range", rest.headers)
        whole = hashlib.sha256(received + rest.content).hexdigest()
        self.assertEqual(f"sha256:{whole}", self.rows[key]["checksum"])

    def test_range_behind_the_end_is_refused(self):
        self.assertEqual(self.fetch("fl_20", Range="bytes=999999-").status_code, 416)

    def test_each_odd_file(self):
        empty = self.file("empty_file")
        self.assertEqual(
            (self.rows[empty]["size"], self.fetch(empty).content), (0, b"")
        )
        wrong = self.file("wrong_mime")
        self.assertEqual(self.rows[wrong]["content_type"], "application/pdf")
        answer = self.fetch(wrong)
        self.assertIn("text/html", answer.headers["Content-Type"])
        self.assertTrue(answer.content.startswith(b"\x89PNG"))
        self.assertEqual(self.fetch(self.file("file_missing")).status_code, 404)
        lying = self.file("wrong_checksum")
        digest = hashlib.sha256(self.fetch(lying).content).hexdigest()
        self.assertNotEqual(f"sha256:{digest}", self.rows[lying]["checksum"])
        twins = self.places("road_runner", "same_file_name")["file"]
        pairs = {(self.rows[k]["filename"], self.rows[k]["parent_id"]) for k in twins}
        self.assertEqual((len(twins), len(pairs)), (2, 1))

    def test_redirect_to_another_host(self):
        answer = self.fetch(self.file("file_other_host"))
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(urlsplit(answer.headers["Location"]).hostname, "localhost")

    def test_files_over_the_cap_with_and_without_saying_so(self):
        def head(key):
            url = self.rows[key]["download_url"]
            with requests.get(url, stream=True, timeout=20) as answer:
                return answer.headers, len(next(answer.iter_content(65536)))

        open_size, first = head(self.file("file_over_cap"))
        self.assertGreater(int(open_size["Content-Length"]), 100 * 1024 * 1024)
        self.assertEqual(first, 65536)
        key = self.file("file_endless")
        headers, first = head(key)
        self.assertNotIn("Content-Length", headers)
        self.assertGreater(first, self.rows[key]["size"])

    def test_slow_file_is_whole_in_the_end(self):
        key = self.file("file_slow")
        self.assertEqual(len(self.fetch(key).content), self.rows[key]["size"])
        self.assertGreaterEqual(len(self.naps), 3)

    def test_attachments_of_graphql_are_signed_too(self):
        text = "{attachments(first: 50) {nodes {id byte_size download_url expires_at}}}"
        rows = {r["id"]: r for r in self.data(text)["attachments"]["nodes"]}
        (key,) = self.places("fasttrack", "file_expired")["attachment"]
        url = rows[key]["download_url"]
        self.assertEqual(requests.get(url, timeout=20).status_code, 403)
        text = "query One($id: ID!) {node(id: $id) {... on Attachment {download_url}}}"
        fresh = self.data(text, id=key)["node"]["download_url"]
        data = requests.get(fresh, timeout=20).content
        self.assertEqual(len(data), rows[key]["byte_size"])

    def test_file_that_is_new_can_be_read(self):
        new = self.sources.world.road_runner.create("file", filename="new.pdf")
        self.rows[new] = self.get(f"/api/v2/files/{new}").json()["data"]
        self.assertEqual(self.fetch(new).status_code, 200)

    def test_storage_may_fail_too(self):
        self.sources.faults.add("503-empty", server="storage")
        self.assertEqual(self.fetch("fl_20").status_code, 503)
        self.assertEqual(self.fetch("fl_20").status_code, 200)
