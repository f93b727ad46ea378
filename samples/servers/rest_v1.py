"""Road Runner's API, version 1: other names, local times, numbers as ids."""

import json
import re

from dateutil import tz
from flask import request

from .answers import answer, error
from .common import parse
from .paging import STYLES, Ask, BadRequest, Listing

_REFERENCES = ("id", "_ids", "uploaded_by")
_ID = re.compile(r"^[a-z]{2}_(\d+)$")
_PLAIN_KEY = re.compile(r"^[a-z_:]+$")
#: Keys that version 1 kept in a namespace, as the definitions still do.
NAMESPACED = {"warranty_tier": "crm"}
_TYPES = {bool: "boolean", int: "number", float: "number", list: "multi"}


class VersionOne:
    """Turns records of version 2 into what version 1 gave."""

    def __init__(self, rest):
        self.rest = rest
        self.zone = tz.gettz(rest.store.account["timezone"])

    def me(self, style=""):
        refused = self.rest.refused()
        return refused or answer(200, {**self.rest.store.account, "api_version": "v1"})

    def list(self, path, style="offset_named"):
        refused = self.rest.refused(path)
        if refused or path not in self.rest.paths:
            return refused or error(404, "not_found")
        args = request.args.to_dict()
        style = args.get("style", style)
        rows = Listing(path, self._rows(path, args), self._shape(path))
        body, headers = STYLES[style](rows, Ask(args, request.base_url))
        return answer(200, body, headers)

    def single(self, path, key, style=""):
        refused = self.rest.refused(path)
        prefix = self.rest.prefix(path)
        record = self.rest.find(path, f"{prefix}_{key}")
        if refused or record is None:
            return refused or error(404, "not_found")
        return answer(200, {self.rest.paths[path]: self.record(record)})

    def _rows(self, path, args):
        """Version 1 lists by change and gives only what changed later than asked."""
        wanted = {"include_inactive": "true", **args, "sort": "updated_at"}
        since = args.get("modified_after")
        if since:
            moment = parse(since)
            if moment is None:
                raise BadRequest("modified_after", "not a local time")
            local = moment.replace(tzinfo=self.zone)
            wanted |= {"updated_since": local.isoformat(), "inclusive": "false"}
        return self.rest.rows(path, wanted)

    def _shape(self, path):
        before = self.rest.shape(path)
        return lambda record: self.record(before(record))

    def record(self, record):
        new = {}
        for name, value in record.items():
            self._put(new, name, value)
        return new

    def _put(self, new, name, value):
        if name == "custom_properties":
            new["custom_fields"] = self._custom(value)
        elif name in ("created_at", "updated_at"):
            new[{"created_at": "created", "updated_at": "modified"}[name]] = self._time(
                value
            )
        elif name == "owner_id":
            new["owner"] = self._user(value)
        elif name == "company_id":
            new["company"] = value and {"id": number(value)}
        else:
            new[name] = self._plain(name, value)

    def _plain(self, name, value):
        if isinstance(value, list):
            return [self._plain(name, part) for part in value]
        if isinstance(value, dict):
            return {key: self._plain(key, part) for key, part in value.items()}
        if isinstance(value, str) and (name.endswith(_REFERENCES)):
            return number(value)
        if isinstance(value, str) and name.endswith("_at"):
            return self._time(value)
        return value

    def _time(self, text):
        """Account-local time without zone; what is no moment stays as it is."""
        if not text or "T" not in text:
            return text
        moment = parse(text)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _user(self, key):
        user = self.rest.store.get("user", key)
        if user is None:
            return {"id": number(key), "name": None, "email": None}
        return {"id": number(key), "name": user["name"], "email": user["email"]}

    @staticmethod
    def _custom(values):
        """A list of named values, all of them text, some in a namespace."""
        return [
            {
                "id": str(place),
                "name": _label(key),
                "type": _TYPES.get(type(value), "string"),
                "value": _text(value),
            }
            for place, (key, value) in enumerate(values.items(), 1)
        ]


def _label(key):
    """`sq_ft` -> `Sq Ft`, `warranty_tier` -> `crm:Warranty Tier`; others stay."""
    if not _PLAIN_KEY.match(key):
        return key
    space, _colon, name = key.rpartition(":")
    space = space or NAMESPACED.get(key, "")
    return f"{space}:" * bool(space) + name.replace("_", " ").title()


def _text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def number(key):
    """`ct_1042` -> 1042; what is no such id stays as it is."""
    match = _ID.match(key or "")
    return int(match[1]) if match else key
