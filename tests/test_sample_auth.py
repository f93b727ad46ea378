import base64

from .samples_case import SamplesCase


class TestAuth(SamplesCase):
    shared = False

    def status(self, headers=None, **params):
        url = f"{self.sources.rest_url}/api/v2/me"
        return self.session.get(url, headers=headers, params=params).status_code

    def test_each_way_in_is_checked(self):
        auth = self.sources.auth
        pair = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
        ways = {
            "header": {"headers": {"X-API-Key": auth.api_key}},
            "bearer": {"headers": {"Authorization": f"Bearer {auth.token}"}},
            "basic": {"headers": {"Authorization": f"Basic {pair}"}},
            "query": {"api_key": auth.api_key},
            "token": {"headers": {"Authorization": f"Token {auth.api_key}"}},
        }
        for accepted in ways:
            auth.accept = {accepted}
            for way, given in ways.items():
                wanted = 200 if way == accepted else 401
                self.assertEqual(self.status(**given), wanted, (accepted, way))

    def test_wrong_or_no_key_is_refused_as_documented(self):
        answer = self.get("/api/v2/contacts", headers={"X-API-Key": "wrong"})
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.headers["WWW-Authenticate"], "ApiKey")
        self.assertEqual(answer.json()["error"]["code"], "unauthorized")
        self.assertEqual(self.status(), 401)
        self.assertEqual(
            self.query("{viewer{id}}", headers={"Authorization": ""}).status_code, 401
        )

    def token(self, secret=None):
        auth = self.sources.auth
        form = {
            "grant_type": "client_credentials",
            "client_id": auth.client_id,
            "client_secret": secret or auth.client_secret,
        }
        return self.session.post(f"{self.sources.rest_url}/oauth/token", data=form)

    def test_issued_token_is_good_until_it_expires(self):
        now = [1_795_300_000.0]
        self.sources.clock = lambda: now[0]
        body = self.token().json()
        self.assertEqual(body["expires_in"], 3600)
        header = {"Authorization": f"Bearer {body['access_token']}"}
        self.assertEqual(self.status(header), 200)
        now[0] += 3601
        self.assertEqual(self.status(header), 401)

    def test_tokens_can_be_made_to_expire_and_secrets_are_checked(self):
        header = {"Authorization": f"Bearer {self.token().json()['access_token']}"}
        self.sources.auth.expire_tokens()
        self.assertEqual(self.status(header), 401)
        self.assertEqual(self.token("wrong").status_code, 401)

    def test_key_may_lack_the_scope_of_one_object(self):
        self.sources.auth.closed.add("files")
        answer = self.get("/api/v2/files")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(answer.json()["error"]["required"], ["files.read"])
        self.assertEqual(self.get("/api/v2/deals").status_code, 200)
        scopes = self.get("/api/v2/me").json()["data"]["scopes"]
        self.assertNotIn("files.read", scopes)

    def test_key_may_be_revoked_in_the_middle(self):
        self.assertEqual(self.get("/api/v2/deals").status_code, 200)
        self.sources.auth.revoked = True
        self.assertEqual(self.get("/api/v2/deals").status_code, 401)


class TestRunning(SamplesCase):
    shared = False

    def test_requests_are_noted_with_path_query_and_headers(self):
        self.get("/api/v2/contacts", page=2)
        (seen,) = self.sources.requests.of("rest", "/api/v2/contacts")
        self.assertEqual((seen.method, seen.query), ("GET", {"page": "2"}))
        self.assertTrue(seen.holds(self.sources.auth.api_key))

    def test_ports_are_free_again_after_the_end(self):
        url = self.sources.rest_url
        self.sources.stop()
        with self.assertRaises(OSError):
            self.session.get(f"{url}/api/v2/me", timeout=5)
