"""Pipelines, deals and association labels of FastTrack."""

from datetime import timedelta

from ..common import TODAY, day, iso, money, opaque, rng
from .people import TAGS, TEAMS, field, owner

DEALS, WON, LOST = 90, 12, 9
# name, probability, category; "Proposal" stands in both pipelines
PIPELINES = {
    1: (
        "New business",
        ("Qualify", "10", "OPEN"),
        ("Demo", "30", "OPEN"),
        ("Proposal", "40", "OPEN"),
        ("Won", "100", "WON"),
        ("Lost", "0", "LOST"),
    ),
    2: (
        "Renewals",
        ("Due", "50", "OPEN"),
        ("Proposal", "70", "OPEN"),
        ("Contract out", "90", "OPEN"),
        ("Renewed", "100", "WON"),
        ("Churned", "0", "LOST"),
    ),
    3: ("Old business", ("Waiting", "20", "OPEN")),
}
ARCHIVED = 3
LABELS = (
    ("deal", "contact", "Decision Maker", "Decides on", "USER"),
    ("deal", "contact", "Champion", "Champions", "USER"),
    ("contact", "company", "Advisor", "Advised by", "USER"),
    ("deal", "contact", None, None, "SYSTEM"),  # linked without a label
)
#: A deal with more contacts than a nested list gives at once.
CROWDED, CROWD = 5, 25


def pipelines(store):
    numbers = iter(range(1, 99))
    for number, (name, *stages) in PIPELINES.items():
        own = {"id": opaque("Pipe", number), "name": name}
        listed = []
        for position, (stage, probability, category) in enumerate(stages, 1):
            listed.append(
                {
                    "id": opaque("Stage", next(numbers)),
                    "name": stage,
                    "position": position,
                    "probability": probability,
                    "category": category,
                    "is_archived": number == ARCHIVED,
                    "color": f"#{position * 1234567 % 0xFFFFFF:06x}",
                    "pipeline": own,
                    "updated_at": "2025-01-01T00:00:00Z",
                }
            )
        store.add(
            "pipeline",
            {
                **own,
                "position": number,
                "is_default": number == 1,
                "is_archived": number == ARCHIVED,
                "currency": "EUR",
                "stages": listed,
                "updated_at": "2025-01-01T00:00:00Z",
            },
        )


def labels(store):
    for number, (start, end, label, inverse, category) in enumerate(LABELS, 1):
        store.add(
            "association_label",
            {
                "id": opaque("Lab", number),
                "from_object": start,
                "to_object": end,
                "label": label,
                "inverse_label": inverse,
                "is_primary": number == 1,
                "category": category,
                "updated_at": "2025-01-01T00:00:00Z",
            },
        )


def _status(number):
    place = (number - 1) % DEALS
    if place < WON:
        return "WON"
    return "LOST" if place < WON + LOST else "OPEN"


def _contacts(rand, number, people):
    count = CROWD if number == CROWDED else number % 4
    chosen = rand.sample(range(1, people + 1), count)
    kinds = (["Decision Maker", "Champion"], ["Champion"], [])
    return [
        {
            "labels": kinds[place % 3],
            "is_primary": place == 0,
            "node": {"id": opaque("Contact", person)},
        }
        for place, person in enumerate(chosen)
    ]


def _passed(rand, pipeline, status):
    """The stages on the way to the one reached, which is the last."""
    reached = rand.choice([s for s in pipeline["stages"] if s["category"] == status])
    before = [
        s
        for s in pipeline["stages"]
        if s["category"] == "OPEN" and s["position"] < reached["position"]
    ]
    return [*before, reached]


def deal(store, seed, number, companies, people):
    rand = rng(seed, "ft deal", number)
    status = _status(number)
    pipeline = store.get("pipeline", opaque("Pipe", 1 + number % 2))
    passed = _passed(rand, pipeline, status)
    created = TODAY - timedelta(days=rand.randrange(60, 500), seconds=number)
    moments = [created + timedelta(days=9 * place) for place in range(len(passed))]
    contacts = _contacts(rand, number, people)
    team = rand.randrange(1, len(TEAMS) + 1)
    company = store.get("company", opaque("Company", rand.randrange(1, companies + 1)))
    return {
        "id": opaque("Deal", number),
        "name": f"{company['name']} renewal {number}",
        "amount": {"amount": money(rand, 500, 90000), "currency": "EUR"},
        "probability": passed[-1]["probability"],
        "pipeline": {"id": pipeline["id"], "name": pipeline["name"]},
        "stage": {"id": passed[-1]["id"], "name": passed[-1]["name"]},
        "status": status,
        "close_date": day(TODAY + timedelta(days=rand.randrange(1, 90))),
        "closed_at": None if status == "OPEN" else iso(moments[-1]),
        "lost_reason": "Price" if status == "LOST" else None,
        "type": rand.choice(("renewal", "new")),
        "priority": rand.choice(("HIGH", "LOW")),
        "owner": owner(rand),
        "team": {"id": opaque("Team", team), "name": TEAMS[team - 1]},
        "company": {"id": company["id"], "name": company["name"]},
        "primary_contact": contacts[0]["node"] if contacts else None,
        "contacts": contacts,
        "source": "Partner",
        "description": f"{number % 3 + 1}-year term",
        "stage_history": [
            {"stage_id": stage["id"], "entered_at": iso(moment)}
            for stage, moment in zip(passed, moments, strict=True)
        ],
        "tags": rand.sample(TAGS, number % 2),
        "custom_fields": [field("contract_months", str(12 * (number % 4)), "NUMBER")],
        "created_at": iso(created),
        "updated_at": iso(moments[-1] + timedelta(minutes=number % 500)),
        "archived_at": None,
    }


def deals(store, seed, scale, companies, people):
    for number in range(1, DEALS * scale + 1):
        store.add("deal", deal(store, seed, number, companies, people))
    return DEALS * scale
