"""Pipelines with their stages, and deals, of Road Runner."""

from datetime import timedelta

from ..common import TODAY, day, iso, money, rng

DEALS, WON, LOST = 90, 12, 9
# name, probability, type; "Proposal Sent" stands in both pipelines
PIPELINES = {
    1: (
        "Residential Install",
        ("New", "0.1", "open"),
        ("Survey", "0.25", "open"),
        ("Proposal Sent", "0.4", "open"),
        ("Won", "1", "won"),
        ("Lost", "0", "lost"),
    ),
    2: (
        "Service Contracts",
        ("Inquiry", "0.1", "open"),
        ("Proposal Sent", "0.5", "open"),
        ("Negotiation", "0.8", "open"),
        ("Signed", "1", "won"),
        ("Declined", "0", "lost"),
    ),
    3: ("Old Installs", ("Waiting", "0.3", "open")),
}
ARCHIVED_PIPELINE, ARCHIVED_STAGE = "pl_3", "st_31"
REASONS = ("Price", "Went with a competitor", "No budget")
SOURCES = ("Website", "Phone", "Referral", "Partner")


def pipelines(store):
    for number, (name, *stages) in PIPELINES.items():
        archived = f"pl_{number}" == ARCHIVED_PIPELINE
        store.add(
            "pipeline",
            {
                "id": f"pl_{number}",
                "name": name,
                "position": number,
                "is_default": number == 1,
                "is_archived": archived,
                "currency": "USD",
                "stages": [
                    {
                        "id": f"st_{number}{position}",
                        "pipeline_id": f"pl_{number}",
                        "name": stage,
                        "position": position,
                        "probability": probability,
                        "type": kind,
                        "is_closed": kind != "open",
                        "rotting_days": 14,
                        "is_archived": archived,
                        "updated_at": "2024-05-05T09:00:00Z",
                    }
                    for position, (stage, probability, kind) in enumerate(stages, 1)
                ],
                "created_at": "2022-01-01T00:00:00Z",
                "updated_at": "2024-05-05T09:00:00Z",
            },
        )


def _status(index):
    place = index % DEALS
    if place < WON:
        return "won"
    return "lost" if place < WON + LOST else "open"


def _history(stages, reached, created, user):
    """One entry per stage that was passed, a week each."""
    moments = [created + timedelta(days=7 * i) for i in range(len(stages) + 1)]
    return [
        {
            "stage_id": stage["id"],
            "entered_at": iso(moments[i]),
            "left_at": None if stage is reached else iso(moments[i + 1]),
            "user_id": user,
        }
        for i, stage in enumerate(stages)
    ]


def _stage(rand, pipeline, status):
    """The stage reached and the stages on the way to it."""
    fitting = [s for s in pipeline["stages"] if s["type"] == status]
    reached = rand.choice(fitting)
    before = [
        s
        for s in pipeline["stages"]
        if s["type"] == "open" and s["position"] < reached["position"]
    ]
    return reached, [*before, reached]


def deal(store, seed, number, index, sizes):
    """`sizes` are the numbers of companies, of persons and of equipment."""
    companies, persons, equipment = sizes
    rand = rng(seed, "rr deal", number)
    status = _status(index)
    pipeline = store.get("pipeline", f"pl_{1 + number % 2}")
    reached, passed = _stage(rand, pipeline, status)
    owner = f"us_{rand.randrange(1, 9)}"
    created = TODAY - timedelta(days=rand.randrange(60, 500), seconds=number)
    entered = created + timedelta(days=7 * (len(passed) - 1))
    client = companies + rand.randrange(1, persons + 1)
    company_id = store.get("contact", f"ct_{client}")["company_id"]
    return {
        "id": f"dl_{number}",
        "name": f"Unit replacement {number}",
        "contact_id": f"ct_{client}",
        "company_id": company_id,
        "contacts": [
            {
                "contact_id": f"ct_{companies + rand.randrange(1, persons + 1)}",
                "role": "Site manager",
            }
        ]
        if number % 3 == 0
        else [],
        "pipeline_id": pipeline["id"],
        "stage_id": reached["id"],
        "stage_name": reached["name"],
        "amount": money(rand, 500, 40000),
        "currency": "USD",
        "probability": reached["probability"],
        "status": status,
        "lost_reason": rand.choice(REASONS) if status == "lost" else "",
        "expected_close_date": day(TODAY + timedelta(days=rand.randrange(1, 90))),
        "closed_at": None if status == "open" else iso(entered),
        "owner_id": owner,
        "source": rand.choice(SOURCES),
        "description": f"<p>{number % 4 + 1} units</p>",
        "tags": ["Commercial"] if number % 2 else [],
        "equipment_ids": [f"eq_{rand.randrange(1, equipment + 1)}"]
        if number % 4 == 0
        else [],
        "stage_history": _history(passed, reached, created, owner),
        "custom_properties": {"roof_access": bool(number % 2)},
        "created_at": iso(created),
        "updated_at": iso(entered + timedelta(hours=number % 20)),
        "deleted_at": None,
    }


def deals(store, seed, scale, sizes):
    for index in range(DEALS * scale):
        store.add("deal", deal(store, seed, index + 1, index, sizes))
