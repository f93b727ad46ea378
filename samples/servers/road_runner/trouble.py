"""Records of Road Runner that real sources have and that hurt a careless reader."""

from ..trouble import HOSTILE, Trouble, equal_moments
from .custom import LONG_KEY, REMOVED_OPTION, TWIN_KEYS
from .deals import ARCHIVED_PIPELINE, ARCHIVED_STAGE
from .files import (
    BEHAVIOURS,
    EMPTY,
    INLINE,
    INLINE_ACTIVITY,
    SAME_NAME,
    WRONG_CHECKSUM,
    WRONG_MIME,
)
from .people import GONE_USER

MISSING_COMPANY = "ct_999999"
INLINE_HTML = '<p>See <img src="cid:fl_13@mail.example" alt="unit"></p>'


def _contacts(trouble, person):
    trouble.set("company_cycle", "contact", "ct_2", company_id="ct_3")
    trouble.set("company_cycle", "contact", "ct_3", company_id="ct_2")
    trouble.set(
        "missing_company",
        "contact",
        person(0),
        company_id=MISSING_COMPANY,
        company_name="Gone Ltd",
    )
    trouble.set("email_spaces", "contact", person(2), email="  kofi.cole@mail.example ")
    trouble.set(
        "two_emails", "contact", person(3), email="a.two@mail.example; b.two@x.example"
    )
    trouble.set(
        "emoji_name", "contact", person(4), first_name="Zoë 🚀", name="Zoë 🚀 Lopez"
    )
    trouble.set(
        "rtl_name",
        "contact",
        person(5),
        first_name="محمد",
        last_name="حسن",
        name="محمد حسن",
    )
    trouble.set(
        "empty_name", "contact", person(6), first_name="", last_name="", name=""
    )
    trouble.set("empty_name", "contact", "ct_5", name="")
    trouble.set("tag_case", "contact", person(7), tags=["vip", "VIP ", "VIP"])
    trouble.set(
        "offset_time",
        "contact",
        person(8),
        created_at="2024-03-01T10:00:00-08:00",
        updated_at="2026-04-01T18:30:00-08:00",
    )
    trouble.set("gone_user", "contact", person(9), owner_id=GONE_USER)
    trouble.set("hostile_html", "contact", person(10), notes=HOSTILE)
    trouble.set("shared_email", "contact", person(11), email="Pair@Mail.example")
    trouble.set("shared_email", "contact", person(12), email="pair@mail.example")


def _custom(trouble, person):
    def put(name, index, values):
        old = trouble.store.get("contact", person(index))["custom_properties"]
        values = {**old, **values}
        trouble.set(name, "contact", person(index), custom_properties=values)

    put("multi_text", 13, {"visit_days": "mon;thu"})
    put("multi_list", 14, {"visit_days": ["mon", "thu"]})
    put("removed_option", 15, {"warranty_tier": REMOVED_OPTION})
    put(
        "odd_keys",
        16,
        {"Gate Code (north)": "4411#", "größe_m²": 81.5, LONG_KEY: "fair"},
    )
    twins = dict(zip(TWIN_KEYS, ("gold", "basic"), strict=True))
    trouble.set("twin_keys", "contact", person(17), custom_properties=twins)
    put("undefined_key", 18, {"not_in_the_definitions": {"deep": [1, None, ""]}})


def _deals(trouble):
    for name, key, values in (
        ("amount_text", "dl_30", {"amount": "1,234.50"}),
        ("amount_null", "dl_31", {"amount": None}),
        ("amount_negative", "dl_32", {"amount": "-250.00"}),
        ("amount_number", "dl_33", {"amount": 12500.5}),
        ("probability_fraction", "dl_34", {"probability": "0.35"}),
        ("probability_percent", "dl_35", {"probability": "35"}),
        ("impossible_date", "dl_36", {"expected_close_date": "2026-02-30"}),
        ("zero_date", "dl_37", {"expected_close_date": "0000-00-00"}),
        ("gone_user", "dl_38", {"owner_id": GONE_USER}),
    ):
        trouble.set(name, "deal", key, **values)
    trouble.set(
        "archived_stage",
        "deal",
        "dl_39",
        pipeline_id=ARCHIVED_PIPELINE,
        stage_id=ARCHIVED_STAGE,
        stage_name="Waiting",
    )


def _work(trouble):
    trouble.set("zero_date", "task", "tk_3", due_at="0000-00-00")
    trouble.set("impossible_date", "project", "pj_3", end_date="2026-02-30")
    trouble.set("naive_time", "task", "tk_4", due_at="2026-12-01 14:30:00")
    trouble.set(
        "offset_time", "activity", "ac_8", occurred_at="2026-05-01T23:30:00-08:00"
    )
    trouble.set("naive_time", "activity", "ac_9", occurred_at="2026-05-01T23:30:00")
    trouble.set("hostile_html", "activity", "ac_10", body=HOSTILE)
    trouble.set("inline_image", "activity", INLINE_ACTIVITY, body=INLINE_HTML)
    trouble.set("gone_user", "activity", "ac_14", author_user_id=GONE_USER)
    trouble.store.repeats["activity"]["ac_20"] = 130
    trouble.note("duplicate_id", "activity", "ac_20")


def _equipment(trouble):
    trouble.set("shared_serial", "equipment", "eq_2", serial_number="SN-4401")
    trouble.note("shared_serial", "equipment", "eq_1")
    for key, serial in (("eq_3", None), ("eq_4", ""), ("eq_5", None)):
        trouble.set("no_serial", "equipment", key, serial_number=serial)


def _files(trouble):
    for key in SAME_NAME:
        trouble.note("same_file_name", "file", key)
    trouble.note("empty_file", "file", EMPTY)
    trouble.note("wrong_mime", "file", WRONG_MIME)
    trouble.note("wrong_checksum", "file", WRONG_CHECKSUM)
    trouble.note("inline_image", "file", INLINE)
    for key, behaviour in BEHAVIOURS.items():
        trouble.note(f"file_{behaviour}", "file", key)


def _deleted(trouble, sizes):
    """Three contacts and two deals that only a list of deleted ones shows."""
    store, (companies, persons, _units) = trouble.store, sizes
    first = companies + persons + 1
    when = "2026-09-15T12:00:00Z"
    gone = {"deleted_at": when, "updated_at": when}
    patterns = ("ct_1", f"ct_{companies + 30}", f"ct_{companies + 31}")
    for number, pattern in enumerate(patterns, first):
        record = {**store.get("contact", pattern), **gone, "id": f"ct_{number}"}
        if number == first + 2:
            record["merged_into_id"] = pattern
            trouble.note("merged", "contact", record["id"])
        store.add("contact", record)
        trouble.note("deleted", "contact", record["id"])
    trouble.set(
        "deleted_company", "contact", f"ct_{companies + 20}", company_id=f"ct_{first}"
    )
    trouble.set("merged_reference", "deal", "dl_40", contact_id=f"ct_{first + 2}")
    deals = len(store.tables["deal"])
    for number in (deals + 1, deals + 2):
        key = f"dl_{number}"
        store.add("deal", {**store.get("deal", "dl_41"), **gone, "id": key})
        trouble.note("deleted", "deal", key)


def put_in(store, sizes):
    trouble = Trouble(store)
    companies = sizes[0]

    def person(index):
        return f"ct_{companies + 1 + index}"

    _contacts(trouble, person)
    _custom(trouble, person)
    _deals(trouble)
    _work(trouble)
    _equipment(trouble)
    _files(trouble)
    _deleted(trouble, sizes)
    for obj in ("contact", "activity"):
        equal_moments(store, obj)
