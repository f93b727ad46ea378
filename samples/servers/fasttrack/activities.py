"""Activities and attachments of FastTrack."""

from datetime import timedelta

from ..blobs import EXTENSIONS, Blob, describe
from ..common import TODAY, between, iso, opaque, rng
from .people import owner

ACTIVITIES, ATTACHMENTS = 300, 50
TYPES = ("CALL", "EMAIL", "MEETING", "NOTE", "TASK", "SMS")
MIMES = tuple(EXTENSIONS)
PARENTS = {"contact": "Contact", "company": "Company", "deal": "Deal"}
#: Attachment number -> what its storage does (see Blob).
BEHAVIOURS = {
    5: "expired",
    6: "other_host",
    7: "missing",
    8: "over_cap",
    10: "cut",
    11: "slow",
    12: "endless",
}
SAME_NAME, EMPTY, WRONG_MIME, WRONG_CHECKSUM, INLINE = (1, 2), 3, 4, 9, 13
INLINE_ACTIVITY = opaque("Act", 12)
FIXED = {INLINE: "image/png", WRONG_MIME: "application/pdf", 10: "application/pdf"}
LIES = {WRONG_CHECKSUM: "checksum", 12: "size"}


def _associations(rand, number, sizes):
    """One parent or two: the second is a company."""
    kinds = list(PARENTS)
    first = kinds[number % 3]
    chosen = [first] + (["company"] if number % 4 == 0 and first != "company" else [])
    return [
        {
            "object": kind,
            "id": opaque(PARENTS[kind], rand.randrange(1, sizes[kind] + 1)),
        }
        for kind in chosen
    ]


def _times(rand, kind, number):
    """When it was or will be; every fifth task and meeting is still to come."""
    planned = kind in ("TASK", "MEETING") and number % 5 == 0
    start = between(rand, TODAY - timedelta(days=700), TODAY - timedelta(days=2))
    if planned:
        start = TODAY + timedelta(days=rand.randrange(1, 60))
    seconds = rand.randrange(60, 5400)
    end = start + timedelta(seconds=seconds)
    written = TODAY - timedelta(days=1, seconds=number) if planned else end
    timed = kind in ("CALL", "MEETING")
    return {
        "status": "PLANNED" if planned else "COMPLETED",
        "starts_at": iso(start),
        "ends_at": iso(end) if timed else None,
        "due_at": iso(start) if kind == "TASK" else None,
        "completed_at": None if planned else iso(end),
        "duration_seconds": seconds if timed else None,
        "created_at": iso(written),
        "updated_at": iso(written),
    }


def activity(seed, number, sizes):
    rand = rng(seed, "ft activity", number)
    kind = TYPES[number % len(TYPES)]
    mail = kind == "EMAIL"
    person = rand.randrange(1, sizes["contact"] + 1)
    author = owner(rand)
    times = _times(rand, kind, number)
    stamps = {name: times.pop(name) for name in ("created_at", "updated_at")}
    return {
        "id": opaque("Act", number),
        "type": kind,
        "subject": f"Pricing review {number}",
        "body_html": f"<p>Agreed scope {number}</p>",
        "body_text": f"Agreed scope {number}",
        "direction": rand.choice(("INBOUND", "OUTBOUND")),
        "status": times.pop("status"),
        "outcome": "positive",
        **times,
        "from": author["email"] if mail else None,
        "to": [f"client{number}@post.example"] if mail else [],
        "message_id": f"<m{number}@ft.example>" if mail else None,
        "meeting_url": "https://meet.example/x" if kind == "MEETING" else None,
        "owner": owner(rand),
        "created_by": author,
        "participants": [
            {
                "type": "contact",
                "id": opaque("Contact", person),
                "email": f"client{number}@post.example",
            }
        ],
        "associations": _associations(rand, number, sizes),
        "attachments": [],
        "custom_fields": [],
        **stamps,
    }


def activities(store, seed, scale, sizes):
    for number in range(1, ACTIVITIES * scale + 1):
        store.add("activity", activity(seed, number, sizes))
    return ACTIVITIES * scale


def _parent(rand, number, sizes):
    if number in SAME_NAME:
        return "deal", opaque("Deal", 1)
    if number == INLINE:
        return "activity", INLINE_ACTIVITY
    kind = (*PARENTS, "lead", "activity")[number % 5]
    name = {**PARENTS, "lead": "Lead", "activity": "Act"}[kind]
    return kind, opaque(name, rand.randrange(1, sizes[kind] + 1))


def attachment(store, seed, number, sizes):
    key = opaque("Att", number)
    rand = rng(seed, "ft attachment", number)
    mime = FIXED.get(number) or MIMES[number % len(MIMES)]
    wrong = number == WRONG_MIME
    blob = store.blobs[key] = Blob(
        seed,
        key,
        "image/png" if wrong else mime,
        size=0 if number == EMPTY else -1,
        behaviour=BEHAVIOURS.get(number, ""),
        served_as="text/html" if wrong else "",
    )
    size, digest = describe(blob, LIES.get(number, ""))
    kind, parent = _parent(rand, number, sizes)
    if kind == "activity":
        old = store.get("activity", parent)
        store.add(
            "activity", {**old, "attachments": [*old["attachments"], {"id": key}]}
        )
    created = iso(between(rand, TODAY.replace(year=2025), TODAY.replace(month=10)))
    name = f"file-{number}.{EXTENSIONS[mime]}"
    return {
        "id": key,
        "file_name": "scope.txt" if number in SAME_NAME else name,
        "mime_type": mime,
        "byte_size": size,
        "sha256": digest or None,
        "download_url": None,  # signed when it is listed
        "expires_at": None,
        "object": kind,
        "object_id": parent,
        "uploaded_by": {"id": owner(rand)["id"]},
        "is_inline": number == INLINE,
        "content_id": "att13@ft.example" if number == INLINE else None,
        "created_at": created,
        "updated_at": created,
    }


def attachments(store, seed, scale, sizes):
    for number in range(1, ATTACHMENTS * scale + 1):
        store.add("attachment", attachment(store, seed, number, sizes))
