"""The world of Road Runner: a field service company and its CRM."""

import re

from ..store import Store
from . import custom, deals, equipment, files, people, trouble, work

PREFIXES = {
    "contact": "ct",
    "deal": "dl",
    "task": "tk",
    "project": "pj",
    "activity": "ac",
    "user": "us",
    "file": "fl",
    "tag": "tg",
    "equipment": "eq",
    "pipeline": "pl",
}


class RoadRunner(Store):
    """All objects of Road Runner in their canonical form."""

    tombstones = {"contact": "deleted_at", "deal": "deleted_at"}
    keys = {"property_definition": ("object", "key")}
    account = {
        "account_id": "acc_1",
        "account_name": "Acme HVAC",
        "timezone": "America/Chicago",
        "currency": "USD",
        "plan": "pro",
    }

    def __init__(self, seed, scale=1):
        super().__init__("road_runner")
        people.users(self)
        people.tags(self)
        custom.definitions(self)
        deals.pipelines(self)
        companies, persons = people.contacts(self, seed, scale)
        units = equipment.equipment(self, seed, scale, companies)
        sizes = (companies, persons, units)
        deals.deals(self, seed, scale, sizes)
        work.projects(self, seed, scale, sizes)
        work.tasks(self, seed, scale, sizes)
        work.activities(self, seed, scale, sizes)
        files.files(self, seed, scale)
        trouble.put_in(self, sizes)

    def new_id(self, obj):
        numbers = [int(re.sub(r"\D", "", key)) for key in self.tables[obj]]
        return f"{PREFIXES[obj]}_{max(numbers, default=0) + 1}"
