"""The world of FastTrack: a software company's CRM."""

from ..common import opaque
from ..store import Store
from . import activities, custom, deals, people, trouble

KINDS = {
    "contact": "Contact",
    "company": "Company",
    "lead": "Lead",
    "deal": "Deal",
    "activity": "Act",
    "attachment": "Att",
    "user": "User",
}


class FastTrack(Store):
    """All objects of FastTrack in their canonical form."""

    keys = {"custom_object": ("key",), "custom_object_field": ("object", "key")}
    account = {
        "id": "acc_ft",
        "name": "Contoso Sales",
        "plan": "enterprise",
        "timezone": "Europe/Paris",
        "currency": "EUR",
    }

    def __init__(self, seed, scale=1):
        super().__init__("fasttrack")
        people.users(self)
        deals.labels(self)
        deals.pipelines(self)
        companies, contacts = people.contacts(self, seed, scale)
        count = deals.deals(self, seed, scale, companies, contacts)
        people.leads(self, seed, scale, count, contacts)
        sizes = {
            "company": companies,
            "contact": contacts,
            "deal": count,
            "lead": people.LEADS * scale,
        }
        sizes["activity"] = activities.activities(self, seed, scale, sizes)
        activities.attachments(self, seed, scale, sizes)
        custom.custom(self, seed, scale, sizes)
        trouble.put_in(self)

    def new_id(self, obj):
        return opaque(KINDS.get(obj, "New"), 10**6 + len(self.tables[obj]) + 1)
