"""Custom objects of FastTrack: definitions, fields and records."""

from ..common import dates, money, opaque, rng
from .people import field, owner

RECORDS = 30
#: Rows of an object that no definition names and one of which cannot be read.
READINGS, POISONED = 250, 137
READING = "meter_reading"
LONG_KEY = "reason_why_the_customer_wants_to_leave_as_told_to_the_account_manager"
ODD_KEYS = ("Gate Code (north)", "größe_m²", LONG_KEY)
#: Same key in two namespaces.
TWIN_KEYS = ("sales:segment", "support:segment")
REMOVED_OPTION = "Z"
OBJECTS = {
    "subscription": ("Subscription", "Subscriptions", "Recurring contracts", "company"),
    "installation": ("Installation", "Installations", "Delivered systems", "contact"),
}
_LETTERS = ("A", "B", "C")
# object, key, label, type, options, plan tier
FIELDS = (
    ("contact", "segment", "Segment", "SINGLE_SELECT", _LETTERS, "basic"),
    ("contact", "score_card", "Score card", "MULTI_SELECT", ("x", "y", "z"), "pro"),
    ("contact", "sales:segment", "Segment (sales)", "SINGLE_SELECT", _LETTERS, "basic"),
    ("contact", "support:segment", "Segment (support)", "TEXT", (), "basic"),
    ("contact", "Gate Code (north)", "Gate code", "TEXT", (), "basic"),
    ("contact", "größe_m²", "Größe", "DECIMAL", (), "basic"),
    ("contact", LONG_KEY, "Reason", "LONG_TEXT", (), "basic"),
    ("company", "tier", "Tier", "SINGLE_SELECT", _LETTERS, "basic"),
    ("lead", "budget", "Budget", "MONEY", (), "pro"),
    ("deal", "contract_months", "Contract months", "NUMBER", (), "enterprise"),
    ("activity", "mood", "Mood", "TEXT", (), "basic"),
    ("subscription", "mrr", "MRR", "NUMBER", (), "enterprise"),
    ("subscription", "starts_on", "Starts on", "DATE", (), "enterprise"),
    ("subscription", "company", "Company", "REFERENCE", (), "enterprise"),
    ("installation", "seats", "Seats", "NUMBER", (), "enterprise"),
    ("installation", "is_live", "Live", "BOOLEAN", (), "enterprise"),
    ("installation", "contact", "Contact", "REFERENCE", (), "enterprise"),
)


def _definitions(store, scale):
    for key, (label, plural, text, target) in OBJECTS.items():
        relation = {"key": target, "target_object": target}
        store.add(
            "custom_object",
            {
                "key": key,
                "label": label,
                "label_plural": plural,
                "description": text,
                "primary_field": "name",
                "relations": [{**relation, "cardinality": "MANY_TO_ONE"}],
                "is_archived": False,
                "record_count": RECORDS * scale,
                "updated_at": "2026-01-01T00:00:00Z",
            },
        )


def _fields(store):
    for position, (obj, key, label, kind, options, tier) in enumerate(FIELDS, 1):
        reference = obj in OBJECTS and kind == "REFERENCE"
        store.add(
            "custom_object_field",
            {
                "object": obj,
                "key": key,
                "label": label,
                "type": kind,
                "required": False,
                "unique": False,
                "read_only": False,
                "options": [
                    {"value": value, "label": f"Option {value}", "position": place}
                    for place, value in enumerate(options, 1)
                ],
                "reference_object": key if reference else None,
                "default": "12" if key == "contract_months" else None,
                "help_text": label,
                "position": position,
                "plan_tier": tier,
                "is_archived": False,
            },
        )


def _values(rand, obj, number):
    if obj == "subscription":
        return [
            field("mrr", str(rand.randrange(100, 5000)), "NUMBER"),
            field("starts_on", f"2026-{1 + number % 12:02d}-05", "DATE"),
        ]
    if obj == READING:
        return [field("reading", money(rand, 1, 900), "DECIMAL")]
    return [
        field("seats", str(rand.randrange(1, 500)), "NUMBER"),
        field("is_live", "true" if number % 2 else "false", "BOOLEAN"),
    ]


def _record(seed, obj, number, sizes):
    rand = rng(seed, "ft custom", obj, number)
    references = []
    if obj in OBJECTS:
        target = OBJECTS[obj][3]
        key = opaque(target.title(), rand.randrange(1, sizes[target] + 1))
        references = [{"key": target, "object": target, "id": key}]
    prefix = obj[:3].title()
    return {
        "id": opaque(prefix, number),
        "object": obj,
        "name": f"{prefix.upper()}-{number:04d}",
        "fields": _values(rand, obj, number),
        "references": references,
        "owner": owner(rand) if number % 2 else None,
        "tags": [],
        **dates(rand),
    }


def custom(store, seed, scale, sizes):
    _definitions(store, scale)
    _fields(store)
    for obj in OBJECTS:
        for number in range(1, RECORDS * scale + 1):
            store.add("custom_object_record", _record(seed, obj, number, sizes))
    for number in range(1, READINGS + 1):
        store.add(READING, _record(seed, READING, number, sizes))
    store.poison[opaque("Met", POISONED)] = "page"
