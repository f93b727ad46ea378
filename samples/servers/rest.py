"""Road Runner's REST API, version 2, in every style of paging."""

from flask import g, request
from werkzeug.exceptions import HTTPException

from .answers import answer, error, validation
from .asking import moment, search_args
from .common import iso
from .drift import NAMES, drift
from .hooks import new_app
from .paging import STYLES, Ask, BadRequest, Listing, Poisoned
from .rest_v1 import VersionOne
from .road_runner import PREFIXES

#: Path -> object.
PATHS = {
    "contacts": "contact",
    "companies": "contact",
    "deals": "deal",
    "pipelines": "pipeline",
    "tasks": "task",
    "projects": "project",
    "activities": "activity",
    "properties": "property_definition",
    "users": "user",
    "files": "file",
    "tags": "tag",
    "equipment": "equipment",
}
INSIDE = (*NAMES, "duplicate")
SORTS = ("updated_at", "created_at", "id", "")


class Rest:
    """The app and what its views share."""

    paths = PATHS

    def __init__(self, sources):
        self.sources = sources
        self.store = sources.world.road_runner
        self.app = new_app(sources, "rest", inside=INSIDE)
        self.one = VersionOne(self)
        for prefix in ("", "/paging/<style>"):
            base = f"{prefix}/api/v2"
            self._route(f"{base}/me", self.me)
            self._route(f"{base}/<path>", self.list)
            self._route(f"{base}/<path>/search", self.search, "POST")
            self._route(f"{base}/<path>/<key>", self.one_record)
            self._route(f"{base}/pipelines/<key>/stages", self.stages)
            self._route(f"{base}/files/<key>/download", self.download)
            self._route(f"{prefix}/api/v1/me", self.one.me)
            self._route(f"{prefix}/api/v1/<path>", self.one.list)
            self._route(f"{prefix}/api/v1/<path>/<key>", self.one.single)
            self._route(f"{prefix}/api/v1/files/<key>/download", self.download)
        self._route("/oauth/token", self.token, "POST")
        self.app.register_error_handler(BadRequest, self._bad)
        self.app.register_error_handler(Poisoned, self._poisoned)
        self.app.register_error_handler(HTTPException, self._http)

    def _route(self, rule, view, method="GET"):
        name = f"{method} {rule}"
        self.app.add_url_rule(rule, name, view, methods=[method])

    @staticmethod
    def _bad(problem):
        return validation(problem.field, str(problem))

    @staticmethod
    def _poisoned(_problem):
        return error(500, "internal_error", "a record of this page cannot be read")

    @staticmethod
    def _http(problem):
        return error(problem.code, problem.name.lower().replace(" ", "_"))

    def refused(self, path=""):
        return self.sources.auth.check(request, self.sources.now(), path)

    def token(self):
        return self.sources.auth.issue(request, self.sources.now())

    def me(self, style=""):
        scopes = sorted({f"{path}.read" for path in PATHS} - self._closed())
        data = {**self.store.account, "api_version": "v2", "scopes": scopes}
        return self.refused() or answer(200, {"data": data})

    def _closed(self):
        return {f"{path}.read" for path in self.sources.auth.closed}

    def list(self, path, style="page"):
        if path not in PATHS:
            return self.refused() or error(404, "not_found")
        return self.refused(path) or self.page(path, style, request.args.to_dict())

    def search(self, path, style="hubspot"):
        """The list asked for in a POST body, as HubSpot's search takes it."""
        if path not in PATHS:
            return self.refused() or error(404, "not_found")
        args = search_args(request.get_json(silent=True) or {})
        return self.refused(path) or self.page(path, style, args)

    def page(self, path, style, args):
        style = request.args.get("style", style)
        if style not in STYLES:
            raise BadRequest("style", f"no such style of paging: {style}")
        rows = Listing(path, self.rows(path, args), self.shape(path), self.store.poison)
        rows.overlap = int(bool(g.fault) and g.fault.name == "duplicate")
        if g.fault and g.fault.name in NAMES:
            rows.rows = self.drift(path, args, rows.rows)
        ask = Ask(args, request.base_url)
        body, headers = STYLES[style](rows, ask)
        return answer(200, body, headers)

    def rows(self, path, args):
        """The records that a list with these parameters goes through."""
        sort = args.get("sort", "")
        if sort not in SORTS:
            raise BadRequest("sort", f"cannot sort by {sort}")
        since = moment(args, "updated_since", "modifiedOnOrAfter")
        since = since or moment(request.headers, "If-Modified-Since")
        rows = self.store.listing(
            PATHS[path],
            deleted=args.get("include_deleted") == "true",
            since=since,
            exclusive=args.get("inclusive") == "false",
            sort="" if sort == "id" else sort,
            descending=args.get("order") == "desc",
        )
        until = moment(args, "updated_until")
        if until:
            rows = [r for r in rows if r["updated_at"] <= iso(until)]
        return self._filtered(path, args, rows)

    @staticmethod
    def _filtered(path, args, rows):
        if path == "users" and args.get("include_inactive") != "true":
            rows = [r for r in rows if r["is_active"]]
        if path == "companies":
            rows = [r for r in rows if r["type"] == "company"]
        if path == "properties" and "object" in args:
            rows = [r for r in rows if r["object"] == args["object"]]
        wanted = args.get("status", "all")
        if path == "deals" and wanted != "all":
            rows = [r for r in rows if r["status"] == wanted]
        return rows

    def shape(self, path):
        return self.with_address if path == "files" else lambda record: record

    def with_address(self, record, fresh=False):
        url, until = self.sources.storage.sign("road_runner", record["id"], fresh)
        expires = iso(self.sources.moment(until))
        return {**record, "download_url": url, "url_expires_at": expires}

    def drift(self, path, args, rows):
        """Change the world while a client goes through its pages."""
        drift(self.store, PATHS[path], g.fault, rows)
        return self.rows(path, args)

    def prefix(self, path):
        return PREFIXES.get(PATHS.get(path))

    def find(self, path, key):
        """One record by its id, a file with a fresh address; or None."""
        record = self.store.get(PATHS.get(path, ""), key)
        if record and path == "files":
            return self.with_address(record, fresh=True)
        return record

    def one_record(self, path, key, style=""):
        refused = self.refused(path)
        record = self.find(path, key)
        if refused or record is None:
            return refused or error(404, "not_found")
        if key in self.store.poison:
            return error(500, "internal_error", "this record cannot be read")
        return answer(200, {"data": record})

    def stages(self, key, style="page"):
        record = self.store.get("pipeline", key)
        refused = self.refused("pipelines")
        if refused or record is None:
            return refused or error(404, "not_found")
        return answer(200, {"data": record["stages"]})

    def download(self, key, style=""):
        """302 to the signed address at the storage."""
        key = f"fl_{key.removeprefix('fl_')}"
        refused = self.refused("files")
        if refused or self.store.get("file", key) is None:
            return refused or error(404, "not_found")
        url, _until = self.sources.storage.sign("road_runner", key, fresh=True)
        return answer(302, None, {"Location": url})
