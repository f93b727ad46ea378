"""Records of FastTrack that real sources have and that hurt a careless reader."""

from ..common import opaque
from ..trouble import HOSTILE, Trouble, equal_moments
from .activities import (
    BEHAVIOURS,
    EMPTY,
    INLINE,
    SAME_NAME,
    WRONG_CHECKSUM,
    WRONG_MIME,
)
from .custom import LONG_KEY, POISONED, READING, REMOVED_OPTION, TWIN_KEYS
from .deals import CROWDED
from .people import GONE_USER, field

INLINE_HTML = '<p>See <img src="cid:att13@ft.example" alt="scope"></p>'


def _contacts(put):
    missing = {"id": opaque("Company", 999999), "name": "Gone Ltd"}
    put("missing_company", "Contact", 1, company=missing, companies=[])
    put("email_spaces", "Contact", 3, email="  ines@contoso.example ")
    put("two_emails", "Contact", 4, email="a.two@post.example; b.two@x.example")
    put("emoji_name", "Contact", 5, first_name="Zoë 🚀", full_name="Zoë 🚀 Lopez")
    put(
        "rtl_name",
        "Contact",
        6,
        first_name="محمد",
        last_name="حسن",
        full_name="محمد حسن",
    )
    put("empty_name", "Contact", 7, first_name="", last_name=None, full_name="")
    put("tag_case", "Contact", 8, tags=["board", "Board ", "BOARD"])
    put("offset_time", "Contact", 9, updated_at="2026-04-01T18:30:00-08:00")
    put("gone_user", "Contact", 10, owner=GONE_USER)
    put("hostile_html", "Contact", 11, description=HOSTILE)
    put("shared_email", "Contact", 12, email="Pair@post.example")
    put("shared_email", "Contact", 13, email="pair@post.example")
    put("zero_date", "Contact", 14, birthday="0000-00-00")
    put("archived", "Contact", 15, archived_at="2026-08-01T00:00:00Z")
    put("empty_name", "Company", 6, name="")
    for number, parent in ((2, 3), (3, 2)):
        up = {"id": opaque("Company", parent)}
        put("company_cycle", "Company", number, parent=up)


def _custom(put):
    def multi(value):
        return [field("score_card", value, "MULTI_SELECT")]

    put("multi_text", "Contact", 16, custom_fields=multi("x;y"))
    put("multi_list", "Contact", 17, custom_fields=multi('["x", "y"]'))
    removed = field("segment", REMOVED_OPTION, "SINGLE_SELECT")
    put("removed_option", "Contact", 18, custom_fields=[removed])
    odd = [
        field("Gate Code (north)", "4411#", "TEXT"),
        field("größe_m²", "81.5", "DECIMAL"),
        field(LONG_KEY, "price", "LONG_TEXT"),
    ]
    put("odd_keys", "Contact", 19, custom_fields=odd)
    twins = [field(key, "A", "TEXT") for key in TWIN_KEYS]
    put("twin_keys", "Contact", 20, custom_fields=twins)
    unknown = [field("not_in_the_definitions", '{"deep": [1]}', "JSON")]
    put("undefined_key", "Contact", 21, custom_fields=unknown)


def _deals(put, store):
    def amount(text):
        return {"amount": text, "currency": "EUR"}

    put("amount_text", "Deal", 30, amount=amount("1,234.50"))
    put("amount_null", "Deal", 31, amount=None)
    put("amount_negative", "Deal", 32, amount=amount("-250.00"))
    put("probability_fraction", "Deal", 34, probability="0.35")
    put("probability_percent", "Deal", 35, probability="35")
    put("impossible_date", "Deal", 36, close_date="2026-02-30")
    put("gone_user", "Deal", 38, owner=GONE_USER)
    pipeline = store.get("pipeline", opaque("Pipe", 3))
    stage = pipeline["stages"][0]
    put(
        "archived_stage",
        "Deal",
        39,
        pipeline={"id": pipeline["id"], "name": pipeline["name"]},
        stage={"id": stage["id"], "name": stage["name"]},
    )
    put("crowded", "Deal", CROWDED)


def _activities(put, trouble):
    put("naive_time", "Act", 8, starts_at="2026-05-01 23:30:00")
    put("offset_time", "Act", 9, starts_at="2026-05-01T23:30:00-08:00")
    put("hostile_html", "Act", 10, body_html=HOSTILE)
    put("inline_image", "Act", 12, body_html=INLINE_HTML)
    put("gone_user", "Act", 14, created_by=GONE_USER)
    key = opaque("Act", 20)
    trouble.store.repeats["activity"][key] = 130
    trouble.note("duplicate_id", "activity", key)


def _files(trouble):
    named = {
        "same_file_name": SAME_NAME,
        "empty_file": (EMPTY,),
        "wrong_mime": (WRONG_MIME,),
        "wrong_checksum": (WRONG_CHECKSUM,),
        "inline_image": (INLINE,),
        **{f"file_{name}": (number,) for number, name in BEHAVIOURS.items()},
    }
    for name, numbers in named.items():
        for number in numbers:
            trouble.note(name, "attachment", opaque("Att", number))


_OBJECTS = {
    "Contact": "contact",
    "Company": "company",
    "Deal": "deal",
    "Act": "activity",
}


def put_in(store):
    trouble = Trouble(store)

    def put(name, kind, number, /, **values):
        trouble.set(name, _OBJECTS[kind], opaque(kind, number), **values)

    _contacts(put)
    _custom(put)
    _deals(put, store)
    _activities(put, trouble)
    _files(trouble)
    trouble.note("poison", READING, opaque("Met", POISONED))
    for obj in ("contact", "activity"):
        equal_moments(store, obj)
