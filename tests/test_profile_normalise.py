from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.base import Problem, RawRecord
from odoo.addons.crm_migration.connectors.profile.deleted import DeletedFlag
from odoo.addons.crm_migration.connectors.profile.moments import (
    format_moment,
    parse_moment,
)
from odoo.addons.crm_migration.connectors.profile.normalise import Normaliser
from odoo.addons.crm_migration.connectors.profile.paths import BadPath

UTC = timezone.utc
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class NormaliseCase(BaseCase):
    def all(self, item, spec=None, others=None, **profile):
        profile = {**profile, "objects": {"contact": spec or {}, **(others or {})}}
        return Normaliser(profile, "contact").records(item, "GET /contacts", 5)

    def record(self, item, spec=None, others=None, **profile):
        found = self.all(item, spec, others, **profile)
        self.assertIsInstance(found[0], RawRecord, found)
        return found[0]

    def data(self, item, spec=None, others=None, **profile):
        data = dict(self.record({"id": 1, **item}, spec, others, **profile).data)
        self.assertEqual(data.pop("id")[-1], "1")
        return data

    def reason(self, item, spec=None):
        (problem,) = self.all(item, spec)
        self.assertIsInstance(problem, Problem)
        self.assertEqual(problem.code, "corrupt_item")
        self.assertEqual((problem.object, problem.line), ("contact", 5))
        self.assertEqual(problem.file, "GET /contacts")
        return problem.message


class TestFlatRecord(NormaliseCase):
    def test_nested_objects_become_dotted_keys_and_lists_stay(self):
        data = self.data(
            {"a": {"b": {"c": 1}, "d": {}}, "l": [{"x": {"y": 2}}, 3], "n": None}
        )
        self.assertEqual(
            data, {"a.b.c": 1, "a.d": {}, "l": [{"x": {"y": 2}}, 3], "n": None}
        )

    def test_nothing_of_the_source_is_changed(self):
        item = {"id": 1, "l": [{"contact_id": 3}], "a": {"b": "c"}}
        self.record(item, {"refs": {"l.*.contact_id": {"object": "contact"}}})
        self.assertEqual(item, {"id": 1, "l": [{"contact_id": 3}], "a": {"b": "c"}})

    def test_place_and_id(self):
        record = self.record({"id": 7, "name": "x"})
        self.assertEqual(
            (record.object, record.file, record.line), ("contact", "GET /contacts", 5)
        )
        self.assertEqual((record.external_id, record.data["id"]), ("7", "7"))
        self.assertFalse(record.is_deleted)

    def test_a_literal_dotted_key_does_not_swallow_a_nested_one(self):
        data = self.data({"a.b": 1, "a": {"b": 2}})
        self.assertEqual(data, {"a.b": 1, "source.a.b": 2})

    def test_fields_move_and_leave_nothing_behind(self):
        spec = {"fields": {"email": "contact.mail", "street": "address.street"}}
        data = self.data(
            {"contact": {"mail": "a@x", "phone": "1"}, "address": {"street": "s"}}, spec
        )
        self.assertEqual(data, {"email": "a@x", "street": "s", "contact.phone": "1"})

    def test_a_field_read_out_of_a_list_leaves_the_list_whole(self):
        spec = {"fields": {"email": "emails[primary=true].value|emails[0].value"}}
        emails = [{"value": "a@x"}, {"value": "b@x", "primary": True}]
        data = self.data({"emails": emails}, spec)
        self.assertEqual(data, {"email": "b@x", "emails": emails})

    def test_a_name_that_the_source_uses_for_something_else_is_kept(self):
        data = self.data(
            {"email": "old", "x": {"mail": "new"}}, {"fields": {"email": "x.mail"}}
        )
        self.assertEqual(data, {"email": "new", "source.email": "old"})

    def test_two_fields_may_read_one_place(self):
        data = self.data({"n": "Ann"}, {"fields": {"first": "n", "full": "n"}})
        self.assertEqual(data, {"first": "Ann", "full": "Ann"})

    def test_star_gives_all_values(self):
        data = self.data({"t": [{"n": "a"}, {"n": "b"}]}, {"fields": {"tags": "t.*.n"}})
        self.assertEqual(data["tags"], ["a", "b"])

    def test_missing_fields_are_not_made_up(self):
        self.assertEqual(self.data({}, {"fields": {"email": "mail"}}), {})

    def test_units_and_option_labels(self):
        spec = {
            "fields": {
                "amount": {"at": "value.micros", "convert": "micros"},
                "cents": {"convert": "cents"},
                "probability": {"convert": "percent_to_fraction"},
                "chance": {"convert": "fraction_to_percent"},
                "count": {"convert": "number"},
                "vip": {"convert": "boolean"},
                "status": {"values": {"1": "open", "true": "yes"}},
                "kinds": {"values": {"1": "a"}},
                "zip": {"convert": "text"},
                "free": {"convert": "number"},
            }
        }
        data = self.data(
            {
                "value": {"micros": 12_500_000},
                "cents": "1999",
                "probability": 35,
                "chance": "0.35",
                "count": "12",
                "vip": "Yes",
                "status": 1,
                "kinds": [1, 2],
                "zip": 2118,
                "free": "n/a",
            },
            spec,
        )
        self.assertEqual(
            data,
            {
                "amount": "12.5",
                "cents": "19.99",
                "probability": "0.35",
                "chance": "35",
                "count": 12,
                "vip": True,
                "status": "open",
                "kinds": ["a", 2],
                "zip": "2118",
                "free": "n/a",
            },
        )

    def test_extra_fills_what_the_item_does_not_say(self):
        normaliser = Normaliser({"objects": {"contact": {}}}, "contact")
        (record,) = normaliser.records(
            {"id": 1, "a": None, "b": "own"}, "f", 1, {"a": "x", "b": "y"}
        )
        self.assertEqual(record.data, {"id": "1", "a": "x", "b": "own"})


class TestIds(NormaliseCase):
    V1 = {"id_normalise": {"pattern": r"^(\d+)$", "replace": r"ct_\1"}}

    def test_numbers_and_text(self):
        for value, text in ((7, "7"), (" 7 ", "7"), (7.0, "7"), ("ct_7", "ct_7")):
            self.assertEqual(self.record({"id": value}).external_id, text)

    def test_rewritten_in_the_record_and_in_references(self):
        spec = {**self.V1, "refs": {"company_id": {"object": "contact"}}}
        record = self.record({"id": 1042, "company_id": 7}, spec)
        self.assertEqual(record.external_id, "ct_1042")
        self.assertEqual(record.data, {"id": "ct_1042", "company_id": "ct_7"})
        self.assertEqual(self.record({"id": "ct_9"}, spec).external_id, "ct_9")

    def test_last_part_of_an_address(self):
        spec = {"id_at": "links.self", "id_from_url": True}
        record = self.record(
            {"links": {"self": "https://x.example/patients/12%2F3/?a=1"}}, spec
        )
        self.assertEqual(record.external_id, "12/3")
        self.assertEqual(record.data["id"], "12/3")

    def test_several_paths_make_one_id(self):
        spec = {"id_at": ["object", "key"]}
        record = self.record({"object": "deal", "key": "k"}, spec)
        self.assertEqual(record.external_id, "deal/k")
        self.assertNotIn("id", record.data)
        self.assertIn("no id at “object + key”", self.reason({"object": "deal"}, spec))

    def test_objects_without_ids(self):
        record = self.record({"name": "x"}, {"id_at": ""})
        self.assertEqual((record.external_id, record.data), ("", {"name": "x"}))

    def test_an_id_elsewhere_is_the_canonical_one(self):
        record = self.record({"id": 1, "uid": "u-1"}, {"id_at": "uid"})
        self.assertEqual(record.external_id, "u-1")
        self.assertEqual(record.data, {"id": "u-1", "source.id": 1, "uid": "u-1"})

    def test_a_profile_may_name_it(self):
        record = self.record({"id": 5}, {"fields": {"Client ID": "id"}})
        self.assertEqual(record.data, {"Client ID": "5"})

    def test_what_can_be_no_id(self):
        for value, reason in (
            (None, "has no id at “id”"),
            ("", "has no id at “id”"),
            (True, "neither text nor number"),
            ([1], "neither text nor number"),
            ({}, "neither text nor number"),
            ("x" * 501, "more than 500 characters"),
        ):
            self.assertIn(reason, self.reason({"id": value}))


class TestCustomContainers(NormaliseCase):
    def custom(self, item, custom, **profile):
        return self.data(item, {"custom": custom}, **profile)

    def test_object(self):
        data = self.custom(
            {"props": {"tier": "gold", "days": ["mon"], "geo": {"lat": 1}}, "x": 1},
            {"style": "object", "at": "props"},
        )
        self.assertEqual(
            data,
            {
                "custom.tier": "gold",
                "custom.days": ["mon"],
                "custom.geo.lat": 1,
                "x": 1,
            },
        )

    def test_object_that_holds_standard_fields_too(self):
        spec = {
            "fields": {"email": "properties.email"},
            "custom": {"style": "object", "at": "properties"},
        }
        data = self.data({"properties": {"email": "a@x", "tier": "gold"}}, spec)
        self.assertEqual(data, {"email": "a@x", "custom.tier": "gold"})

    def test_empty_container_is_no_custom_value(self):
        for empty in ({}, None):
            data = self.custom({"props": empty}, {"style": "object", "at": "props"})
            self.assertEqual({k for k in data if k.startswith("custom")}, set())

    def test_list(self):
        entries = [
            {"id": "17", "name": "Sq Ft", "type": "number", "value": "4200"},
            {
                "id": "18",
                "name": "Note",
                "type": "string",
                "value": "007",
                "lang": "en",
            },
            {"value": "lost"},
        ]
        data = self.custom(
            {"fields": entries},
            {
                "style": "list",
                "at": "fields",
                "key": "name",
                "type": "type",
                "slug": True,
            },
        )
        self.assertEqual(
            data,
            {
                "custom.sq_ft": 4200,
                "custom.note": "007",
                "custom.note.lang": "en",
                "fields": [{"value": "lost"}],
            },
        )

    def test_list_types(self):
        def typed(kind, value):
            entry = {"key": "k", "value": value, "type": kind}
            return self.custom(
                {"c": [entry]}, {"style": "list", "at": "c", "type": "type"}
            )["custom.k"]

        self.assertEqual(typed("decimal", "3.5"), 3.5)
        self.assertEqual(typed("number", "007"), "007")
        self.assertEqual(typed("number", "1e3"), "1e3")
        self.assertIs(typed("boolean", "true"), True)
        self.assertEqual(typed("boolean", "maybe"), "maybe")
        self.assertEqual(typed("multi", "a; b"), ["a", "b"])
        self.assertEqual(typed("string", "12"), "12")
        self.assertEqual(typed(None, "12"), "12")

    def test_list_with_a_key_twice(self):
        entries = [{"key": "k", "value": 1}, {"key": "k", "value": 2}]
        data = self.custom({"c": entries}, {"style": "list", "at": "c"})
        self.assertEqual(data, {"custom.k": [1, 2]})

    def test_sections(self):
        item = {
            "custom_fields": {
                "sections": [
                    {
                        "name": "Intake",
                        "fields": [
                            {
                                "name": "Goal",
                                "type": "text",
                                "token": "goal",
                                "value": "rest",
                            },
                            {
                                "name": "Days",
                                "token": "days",
                                "options": [
                                    {"name": "Mon", "selected": True},
                                    {"name": "Tue"},
                                ],
                            },
                        ],
                    }
                ]
            }
        }
        custom = {"style": "sections", "at": "custom_fields.sections", "key": "token"}
        data = self.custom(item, custom)
        self.assertEqual(data, {"custom.goal": "rest", "custom.days": ["Mon"]})

    def test_suffix(self):
        data = self.custom(
            {"Sample__C": 1, "__C": 2, "Email": "a"},
            {"style": "suffix", "suffix": "__C"},
        )
        self.assertEqual(data, {"custom.Sample": 1, "__C": 2, "Email": "a"})

    def test_prefix(self):
        data = self.custom({"cf_x": 1, "x": 2}, {"style": "prefix", "prefix": "cf_"})
        self.assertEqual(data, {"custom.x": 1, "x": 2})

    def test_remaining(self):
        spec = {
            "custom": {"style": "remaining"},
            "known": ["name"],
            "refs": {"owner_id": {"at": "owner.id"}},
            "fields": {"mail": "contact.mail"},
        }
        item = {
            "name": "n",
            "favourite": "tea",
            "owner": {"id": 3},
            "contact": {"mail": "a@x", "other": 1},
            "updated_at": "2026-11-01",
        }
        data = self.data(item, spec)
        self.assertEqual(
            data,
            {
                "name": "n",
                "custom.favourite": "tea",
                "owner_id": "3",
                "mail": "a@x",
                "contact.other": 1,
                "updated_at": "2026-11-01",
            },
        )

    def test_a_container_of_another_kind_is_left_as_it_is(self):
        for style in ("object", "list", "sections"):
            data = self.custom({"c": "text"}, {"style": style, "at": "c"})
            self.assertEqual(data, {"c": "text"})

    def test_namespace_of_the_profile_is_stripped(self):
        custom = {"style": "object", "at": "c"}
        item = {"c": {"crm:a": 1, "billing:a": 2, "b": 3}}
        self.assertEqual(
            self.custom(item, custom, namespace="crm"),
            {"custom.a": 1, "custom.billing:a": 2, "custom.b": 3},
        )
        self.assertEqual(
            self.custom(item, custom),
            {"custom.crm:a": 1, "custom.billing:a": 2, "custom.b": 3},
        )

    def test_keys_that_would_meet_stay_whole(self):
        custom = {"style": "object", "at": "c"}
        data = self.custom({"c": {"crm:a": 1, "a": 2}}, custom, namespace="crm")
        self.assertEqual(data, {"custom.crm:a": 1, "custom.a": 2})
        data = self.custom(
            {"c": {"x.a": 1, "y.a": 2, "x.b": 3}},
            custom,
            namespace="*",
            namespace_separator=".",
        )
        self.assertEqual(data, {"custom.x.a": 1, "custom.y.a": 2, "custom.b": 3})

    def test_definitions_lose_the_namespace_too(self):
        data = self.data(
            {"key": "crm:tier"}, {"namespaced": ["key"]}, namespace=["crm", "ops"]
        )
        self.assertEqual(data, {"key": "tier"})


class TestReferences(NormaliseCase):
    def ref(self, item, ref, **others):
        return self.data(item, {"refs": {"owner_id": ref}}, others)

    def test_id(self):
        self.assertEqual(self.ref({"owner_id": 3}, {}), {"owner_id": "3"})
        self.assertEqual(self.ref({"owner_id": None}, {}), {"owner_id": None})
        self.assertEqual(self.ref({}, {}), {})

    def test_object_keeps_its_other_leaves(self):
        ref = {"at": "owner", "style": "object"}
        item = {"owner": {"id": 3, "email": "a@x", "team": {"id": 9}}}
        self.assertEqual(
            self.ref(item, ref),
            {"owner_id": "3", "owner_id.email": "a@x", "owner_id.team.id": 9},
        )
        self.assertEqual(self.ref(item, {**ref, "keep": []}), {"owner_id": "3"})
        self.assertEqual(self.ref({"owner": None}, ref), {"owner_id": None})

    def test_email(self):
        ref = {"at": "owner", "style": "email"}
        self.assertEqual(
            self.ref({"owner": " Sam@X.example "}, ref), {"owner_id": "Sam@X.example"}
        )

    def test_url(self):
        ref = {"at": "owner.links.self", "style": "url"}
        item = {"owner": {"links": {"self": "https://api.x.example/v1/users/3"}}}
        self.assertEqual(self.ref(item, ref), {"owner_id": "3"})

    def test_lists(self):
        data = self.ref({"owner_id": [3, "us_4"]}, {})
        self.assertEqual(data, {"owner_id": ["3", "us_4"]})
        members = [{"id": 1, "email": "a"}, {"id": 2}]
        data = self.ref({"owner": members}, {"at": "owner", "style": "object"})
        self.assertEqual(data, {"owner_id": ["1", "2"], "owner_id.email": ["a", None]})

    def test_rewritten_like_the_ids_of_their_object(self):
        users = {"id_normalise": {"pattern": r"^(\d+)$", "replace": r"us_\1"}}
        data = self.ref({"owner_id": 3}, {"object": "user"}, user=users)
        self.assertEqual(data, {"owner_id": "us_3"})

    def test_inside_lists_they_change_in_place(self):
        spec = {"refs": {"contacts.*.contact_id": {"object": "contact"}}, **TestIds.V1}
        data = self.data({"contacts": [{"contact_id": 5, "role": "r"}, {}]}, spec)
        self.assertEqual(data, {"contacts": [{"contact_id": "ct_5", "role": "r"}, {}]})

    def test_the_record_says_which_object_is_meant(self):
        spec = {"refs": {"parent_id": {"object_at": "parent_type"}}}
        deals = {"id_normalise": {"pattern": r"^(\d+)$", "replace": r"dl_\1"}}
        item = {"parent_type": "deal", "parent_id": 5}
        self.assertEqual(self.data(item, spec, {"deal": deals})["parent_id"], "dl_5")
        item = {"parent_type": "task", "parent_id": 5}
        self.assertEqual(self.data(item, spec, {"deal": deals})["parent_id"], "5")


class TestChildren(NormaliseCase):
    SPEC = {
        "expand_children": [
            {"at": "stages", "object": "stage", "parent_field": "pipeline_id"}
        ]
    }

    def test_children_are_records_of_their_own(self):
        item = {"id": "pl_1", "stages": [{"id": "st_1", "name": "New"}, {"id": "st_2"}]}
        parent, first, second = self.all(item, self.SPEC, {"stage": {}})
        self.assertEqual(parent.data, {"id": "pl_1"})
        self.assertEqual(
            (first.object, first.external_id, first.line), ("stage", "st_1", 5)
        )
        self.assertEqual(
            first.data, {"id": "st_1", "name": "New", "pipeline_id": "pl_1"}
        )
        self.assertEqual(second.data["pipeline_id"], "pl_1")

    def test_a_corrupt_child_costs_itself(self):
        item = {"id": "pl_1", "stages": [{"id": "st_1"}, "broken", None, {}]}
        found = self.all(item, self.SPEC, {"stage": {}})
        self.assertEqual(
            [type(one).__name__ for one in found], ["RawRecord"] * 2 + ["Problem"] * 2
        )
        self.assertEqual({one.object for one in found[2:]}, {"stage"})

    def test_the_parent_field_is_named_after_the_parent(self):
        spec = {"expand_children": [{"at": "s", "object": "stage"}]}
        _parent, child = self.all({"id": 1, "s": {"id": 2}}, spec, {"stage": {}})
        self.assertEqual(child.data["contact_id"], "1")

    def test_no_children(self):
        self.assertEqual(len(self.all({"id": 1}, self.SPEC, {"stage": {}})), 1)


class TestMoments(NormaliseCase):
    def moment(self, value, formats=("rfc3339",), zone=UTC):
        return parse_moment(value, formats, zone)

    def test_rfc3339(self):
        for text in (
            "2026-11-01T12:00:00Z",
            "2026-11-01 12:00:00.000Z",
            "2026-11-01T04:00:00-08:00",
            "2026-11-01T04:00-0800",
            "2026-11-01t12:00:00,000000000z",
        ):
            self.assertEqual(self.moment(text), NOON, text)

    def test_without_a_zone_they_are_local(self):
        chicago = ZoneInfo("America/Chicago")
        text = "2026-11-01 06:00:00"  # after the clocks went back
        self.assertEqual(self.moment(text, ("%Y-%m-%d %H:%M:%S",), chicago), NOON)
        self.assertEqual(self.moment("2026-11-01", ("iso_date",)).hour, 0)

    def test_epochs(self):
        seconds = int(NOON.timestamp())
        for value, formats in (
            (seconds, ("rfc3339",)),
            (seconds * 1000, ("rfc3339",)),
            (float(seconds), ("epoch_s",)),
            (seconds * 1000, ("epoch_ms",)),
            (str(seconds), ("epoch_s",)),
            (f"{seconds}000", ("rfc3339", "epoch_ms")),
        ):
            self.assertEqual(self.moment(value, formats), NOON)
        self.assertIsNone(self.moment(str(seconds)))

    def test_what_is_no_moment(self):
        for value in (
            None, True, "", "0000-00-00", "2026-02-30T00:00:00Z", "soon", [], {},
            10**30, float("nan"), "9999-99-99T99:99:99Z", "x" * 100,
            "0001-01-01T00:00:00+14:00", "2026-11-01T12:00:00+99:99",
        ):  # fmt: skip
            self.assertIsNone(self.moment(value, ("rfc3339", "epoch_s", "%d.%m.%Y")))

    def test_as_a_filter_wants_them(self):
        moment = NOON.replace(microsecond=999_999)
        chicago = ZoneInfo("America/Chicago")
        seconds = int(NOON.timestamp())
        for style, text in (
            ("rfc3339", "2026-11-01T12:00:00Z"),
            ("epoch_s", f"{seconds}"),
            ("epoch_ms", f"{seconds}000"),
            ("iso_date", "2026-11-01"),
            ("sql_local", "2026-11-01 06:00:00"),
        ):
            self.assertEqual(format_moment(moment, style, chicago), text)

    def test_records_know_when_they_changed(self):
        record = self.record(
            {"id": 1, "modified": "2026-11-01 06:00:00"},
            {"updated_at": "modified"},
            datetime={"naive_tz": "America/Chicago", "formats": ["%Y-%m-%d %H:%M:%S"]},
        )
        self.assertEqual(record.updated_at, NOON)
        self.assertIsNone(self.record({"id": 1, "updated_at": "0000-00-00"}).updated_at)
        self.assertIsNone(self.record({"id": 1}, {"updated_at": ""}).updated_at)

    def test_listed_fields_are_brought_to_utc(self):
        data = self.data(
            {
                "due_at": "2026-11-01 06:00:00",
                "day": "2026-11-01",
                "other": "2026-11-01 06:00:00",
                "h": [{"at": "2026-11-01 06:00:00"}, {"at": None}],
                "zoned_at": "2026-11-01T13:00:00+01:00",
            },
            {"datetimes": ["due_at", "day", "h.*.at", "zoned_at", "missing"]},
            datetime={"naive_tz": "America/Chicago"},
        )
        self.assertEqual(
            data,
            {
                "due_at": "2026-11-01T12:00:00Z",
                "day": "2026-11-01",
                "other": "2026-11-01 06:00:00",
                "h": [{"at": "2026-11-01T12:00:00Z"}, {"at": None}],
                "zoned_at": "2026-11-01T12:00:00Z",
            },
        )


class TestDeleted(NormaliseCase):
    def test_styles(self):
        for flag, item, is_deleted in (
            ("deleted_at", {"deleted_at": "2026-11-01T00:00:00Z"}, True),
            ("deleted_at", {"deleted_at": None}, False),
            ("deleted_at", {"deleted_at": ""}, False),
            ("deleted_at", {"deleted_at": "0000-00-00 00:00:00"}, False),
            ("deleted_at", {}, False),
            ("is_deleted", {"is_deleted": True}, True),
            ("is_deleted", {"is_deleted": "false"}, False),
            ("is_deleted", {"is_deleted": 0}, False),
            ("archived", {"archived": 1}, True),
            ("active=false", {"active": False}, True),
            ("active=false", {"active": True}, False),
            ("active=false", {}, False),
            ("status=deleted, archived", {"status": "Archived"}, True),
            ("status=deleted,archived", {"status": "open"}, False),
            ("meta[k=del].v=1", {"meta": [{"k": "del", "v": 1}]}, True),
            ("", {"deleted_at": "x"}, False),
        ):
            with self.subTest(flag=flag, item=item):
                self.assertIs(DeletedFlag(flag).read(item), is_deleted)

    def test_profile_says_where_unless_the_object_does(self):
        delta = {"deleted": {"flag_at": "is_deleted"}}
        item = {"id": 1, "is_deleted": True}
        self.assertTrue(self.record(item, {}, delta=delta).is_deleted)
        self.assertFalse(self.record(item, {"deleted_at": ""}, delta=delta).is_deleted)

    def test_what_is_no_flag(self):
        with self.assertRaises(BadPath):
            DeletedFlag("a=b=c")


class TestHostileItems(NormaliseCase):
    def nested(self, depth, kind=dict):
        item = "x"
        for _ in range(depth):
            item = {"a": item} if kind is dict else [item]
        return item

    def test_not_objects(self):
        for item, kind in ((None, "null"), ([1], "list"), ("text", "str"), (5, "int")):
            self.assertIn(f"it is not an object but {kind}", self.reason(item))

    def test_each_is_set_aside_with_its_reason(self):
        for value, reason in (
            (self.nested(500), "nested more than 40 levels deep"),
            (self.nested(500, list), "nested more than 40 levels deep"),
            (float("nan"), "“x” is not a finite number"),
            (float("inf"), "“x” is not a finite number"),
            (10**5000, "hundreds of digits"),
            ("a\0b", "“x” has a NUL character"),
            ("\ud800", "half a character"),
            ({1: 2}, "has a key that is not text"),
            ({"k" * 1001: 1}, "has more than 1000 characters"),
            ({"\0": 1}, "NUL character"),
            (b"bytes", "of type bytes, not JSON"),
            ([0] * 200_001, "more than 200000 values"),
        ):
            with self.subTest(reason=reason):
                message = self.reason({"id": "ct_9", "x": value})
                self.assertIn("contact at id “ct_9” is set aside: ", message)
                self.assertIn(reason, message)
                self.assertNotIn("\0", message)

    def test_large_texts_are_fine(self):
        text = "é" * 1_000_000
        self.assertEqual(self.data({"body": text}), {"body": text})

    def test_odd_values_where_the_profile_looks_never_raise(self):
        spec = {
            "updated_at": "u",
            "deleted_at": "d",
            "fields": {"f": {"at": "f.x|f", "convert": "micros", "values": {"1": "a"}}},
            "refs": {"r": {"style": "object"}, "l.*.r": {}, "w": {"style": "url"}},
            "custom": {"style": "list", "at": "c", "type": "type"},
            "expand_children": [{"at": "s", "object": "contact"}],
            "datetimes": ["u", "l.*.t"],
            "namespaced": ["k"],
        }
        odd = [None, True, 0, -1.5, 10**300, "", "x", "https://[", [], {}, [[]], [{}],
               {"id": []}, [{"key": [], "value": {}}], {"x": {"y": []}}]  # fmt: skip
        normaliser = Normaliser(
            {"objects": {"contact": spec}, "namespace": "*"}, "contact"
        )
        for value in odd:
            for name in "udfrlwcsk":
                for found in normaliser.records({"id": "1", name: value}, "f", 1):
                    self.assertIsInstance(found, (RawRecord, Problem))
