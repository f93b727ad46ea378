"""FastTrack over GraphQL, loaded and followed."""

from odoo.addons.crm_migration.samples.servers.common import opaque

from .live_case import LiveCase

COMPANY, OTHER_COMPANY = opaque("Company", 20), opaque("Company", 21)
#: Objects that no story here is about.
LEFT_OUT = ("custom_object", "custom_object_field", "custom_object_record")


def associated(kind, key):
    return [{"object": kind, "id": key}]


class FastTrackCase(LiveCase):
    """A loaded FastTrack; each test changes its world and picks that up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls.sources.world.fasttrack
        cls.blobs = dict(cls.store.blobs)
        cls.tidy()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        cls.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2020-01-01", "rate": 0.9}
        )
        cls.project = cls.connect("fasttrack", "fasttrack_relay")
        cls.switch_off(cls.project, *LEFT_OUT)
        cls.stage(cls.project)
        cls.confirm_all(cls.project)
        for number, owner in enumerate(cls.project.owner_ids.sorted("key")):
            owner.user_id = (cls.ana, cls.ravi)[number % 2]
        cls.load(cls.apply_schema(cls.project))
        cls.a_day_passes()

    @classmethod
    def tidy(cls):
        """Keep what the stories need: five sound files, forty activities."""
        tables = cls.store.tables
        sound = [opaque("Att", number) for number in (20, 25, 30, 35, 40)]
        tables["attachment"] = {key: tables["attachment"][key] for key in sound}
        tables["activity"] = {
            opaque("Act", number): tables["activity"][opaque("Act", number)]
            for number in range(31, 91)
        }
        tables.pop("meter_reading", None)
        cls.store.repeats.clear()
        cls.store.poison = {}
        cls.store._orders.clear()

    def setUp(self):
        super().setUp()
        self.addCleanup(self.store.blobs.update, self.blobs)

    def pick_up(self, **vals):
        self.project._begin_pickup(False, **vals)
        self.env.invalidate_all()

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def an(self, name, is_fit):
        """Return the id of a loaded record whose row of the source is fit."""
        loaded = set(
            self.env["migration.crosswalk"]
            .search(
                [
                    ("project_id", "=", self.project.id),
                    ("source_object", "=", name),
                    ("origin", "=", "created"),
                ]
            )
            .mapped("external_id")
        )
        rows = self.store.tables[name].items()
        return next(key for key, row in rows if key in loaded and is_fit(row))

    def an_activity(self, kind, status="COMPLETED"):
        return self.an(
            "activity", lambda row: (row["type"], row["status"]) == (kind, status)
        )

    def conflicts(self, external_id):
        return {
            row.field_name: row
            for row in self.project.conflict_ids
            if row.external_id == external_id and row.state == "open"
        }

    def edit(self, record, **vals):
        record.with_user(self.ana).sudo().with_context(tracking_disable=True).write(
            vals
        )
        record.flush_recordset()
