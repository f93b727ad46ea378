"""Projects, tasks and activities of Road Runner."""

from datetime import timedelta

from ..common import TODAY, between, dates, day, iso, life, rng

PROJECTS, TASKS, LOOSE, ACTIVITIES = 8, 60, 20, 300
KINDS = ("call", "email", "note", "meeting", "sms", "visit")
STATUSES = ("todo", "in_progress", "done", "cancelled")


def projects(store, seed, scale, sizes):
    companies = sizes[0]
    for number in range(1, PROJECTS * scale + 1):
        rand = rng(seed, "rr project", number)
        store.add(
            "project",
            {
                "id": f"pj_{number}",
                "name": f"Retrofit {number}",
                "contact_id": f"ct_{rand.randrange(1, companies + 1)}",
                "manager_user_id": "us_2",
                "status": "active" if number % 4 else "closed",
                "start_date": "2026-10-01",
                "end_date": "2026-12-31",
                **dates(rand),
            },
        )


def task(seed, number, index, sizes, scale):
    companies, persons, _equipment = sizes
    rand = rng(seed, "rr task", number)
    created, updated = life(rand)
    status = rand.choice(STATUSES)
    loose = index % TASKS >= TASKS - LOOSE
    due = between(rand, TODAY - timedelta(days=40), TODAY + timedelta(days=40))
    return {
        "id": f"tk_{number}",
        "title": f"Measure duct run {number}",
        "description": "<p>Bring ladder</p>",
        "status": status,
        "priority": rand.choice(("low", "normal", "high", "urgent")),
        "assigned_user_id": f"us_{rand.randrange(1, 9)}",
        "start_at": iso(due - timedelta(hours=4)),
        "due_at": day(due) if number % 7 == 0 else iso(due),
        "completed_at": iso(updated) if status == "done" else None,
        "project_id": None
        if loose
        else f"pj_{rand.randrange(1, PROJECTS * scale + 1)}",
        "contact_id": f"ct_{companies + rand.randrange(1, persons + 1)}",
        "deal_id": f"dl_{rand.randrange(1, 90)}" if loose and number % 2 else None,
        "equipment_id": None,
        "parent_task_id": f"tk_{number - 1}" if number % 10 == 0 else None,
        "checklist": [{"text": "Photos", "done": status == "done"}],
        "tags": ["Install"] if number % 3 == 0 else [],
        "custom_properties": {},
        "created_at": iso(created),
        "updated_at": iso(updated),
    }


def tasks(store, seed, scale, sizes):
    for index in range(TASKS * scale):
        store.add("task", task(seed, index + 1, index, sizes, scale))


def _parents(rand, number, sizes, scale):
    """One parent or more: contact, then deal, task, equipment in turns."""
    companies, persons, equipment = sizes
    parents = {"contact_id": f"ct_{companies + rand.randrange(1, persons + 1)}"}
    turn = number % 8
    if turn in (1, 2, 3):
        parents["deal_id"] = f"dl_{rand.randrange(1, 90 * scale + 1)}"
    elif turn == 4:
        parents = {"task_id": f"tk_{rand.randrange(1, TASKS * scale + 1)}"}
    elif turn == 5:
        parents = {"equipment_id": f"eq_{rand.randrange(1, equipment + 1)}"}
    return parents


def activity(seed, number, sizes, scale):
    rand = rng(seed, "rr activity", number)
    kind = KINDS[number % len(KINDS)]
    occurred = between(rand, TODAY - timedelta(days=700), TODAY - timedelta(days=2))
    written = iso(occurred + timedelta(seconds=62))
    author = rand.randrange(1, 9)
    timed = kind in ("call", "meeting", "visit")
    mail = kind == "email"
    return {
        "id": f"ac_{number}",
        "kind": kind,
        "subject": f"Quote follow-up {number}",
        "body": f"<p>Attached is quote {number}.</p>",
        "body_text": f"Attached is quote {number}.",
        "occurred_at": iso(occurred),
        "duration_seconds": rand.randrange(60, 3600) if timed else None,
        "direction": rand.choice(("inbound", "outbound")) if timed or mail else None,
        "outcome": "left voicemail" if kind == "call" else "",
        "from": "sam@roadrunner.example" if mail else None,
        "to": [f"client{number}@mail.example"] if mail else [],
        "cc": [],
        "message_id": f"<{number}@mail.roadrunner.example>" if mail else None,
        "location": "12 Oak St" if kind in ("meeting", "visit") else "",
        "author_user_id": f"us_{author}",
        "author_email": "sam@roadrunner.example" if author == 3 else None,
        "contact_id": None,
        "deal_id": None,
        "task_id": None,
        "equipment_id": None,
        "file_ids": [],
        "is_internal": kind == "note" and number % 5 == 0,
        "created_at": written,
        "updated_at": written,
        **_parents(rand, number, sizes, scale),
    }


def activities(store, seed, scale, sizes):
    for number in range(1, ACTIVITIES * scale + 1):
        store.add("activity", activity(seed, number, sizes, scale))
