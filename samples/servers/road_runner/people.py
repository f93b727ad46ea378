"""Users, tags, companies and persons of Road Runner."""

from ..common import (
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    company_name,
    dates,
    rng,
)

COMPANIES, PERSONS, LONELY, CUSTOMERS = 40, 160, 30, 6
USERS = (
    ("Ada", "Quinn", "ada@roadrunner.example", "admin"),
    ("Ben", "Ortiz", "ben@roadrunner.example", "manager"),
    ("Sam", "Reyes", "Sam@RoadRunner.example", "sales"),  # written in another case
    ("Cleo", "Marsh", "cleo@roadrunner.example", "sales"),
    ("Dev", "Nair", "dev@roadrunner.example", "technician"),
    ("Eli", "Frost", "eli@roadrunner.example", "technician"),
    ("Fay", "Holm", "fay@roadrunner.example", "sales"),  # inactive
    ("Gus", "Drake", None, "technician"),  # no e-mail
)
INACTIVE_USER, MAILLESS_USER = "us_7", "us_8"
#: Owns records but is not listed any more.
GONE_USER = "us_99"
TAGS = (
    "VIP Commercial Residential Install Warranty Service Referral Prospect Seasonal"
    " Overdue Winter"
).split() + ["VIP ", "vip", " Commercial", "INSTALL"]
INDUSTRIES = ("HVAC", "Retail", "Hospitality", "Education", "Healthcare")
JOBS = ("Facilities Manager", "Owner", "Site Manager", "Accountant", "Buyer")
CITIES = (("Oconee", "IL", "62553"), ("Peoria", "IL", "61602"), ("Gary", "IN", "46402"))


def users(store):
    for number, (first, last, email, role) in enumerate(USERS, 1):
        store.add(
            "user",
            {
                "id": f"us_{number}",
                "email": email,
                "first_name": first,
                "last_name": last,
                "name": f"{first} {last}",
                "role": role,
                "is_active": f"us_{number}" != INACTIVE_USER,
                "phone": f"+1 312 555 01{number:02d}",
                "timezone": "America/Chicago",
                "team_ids": ["tm_1" if number % 2 else "tm_2"],
                "created_at": "2022-01-01T00:00:00Z",
                "updated_at": f"2026-01-{number:02d}T00:00:00Z",
            },
        )


def tags(store):
    for number, name in enumerate(TAGS, 1):
        store.add(
            "tag",
            {
                "id": f"tg_{number}",
                "name": name,
                "slug": name.strip().lower(),
                "color": f"#{number * 1117:06x}",
                "object_types": ["contact", "deal", "task"],
                "usage_count": number * 3,
                "is_archived": name == "Winter",
                "updated_at": f"2025-06-{number:02d}T00:00:00Z",
            },
        )


def address(rand):
    city, state, code = rand.choice(CITIES)
    return {
        "street": f"{rand.randrange(1, 300)} {rand.choice(STREETS)}",
        "street2": "",
        "city": city,
        "state": state,
        "zip": code,
        "country": "US",
    }


def _contact(rand, number, kind):
    return {
        "id": f"ct_{number}",
        "type": kind,
        "name": "",
        "first_name": "",
        "last_name": "",
        "email": "",
        "additional_emails": [],
        "phone": f"+1 312 555 {number % 10000:04d}",
        "mobile": "",
        "website": "",
        "job_title": "",
        "company_id": None,
        "company_name": "",
        "address": address(rand),
        "industry": "",
        "status": "inactive" if number % 17 == 0 else "active",
        "lead_source": rand.choice(("Referral", "Website", "Trade fair", "")),
        "owner_id": f"us_{rand.randrange(1, 9)}",
        "tags": rand.sample(TAGS[:10], number % 3),
        "notes": f"<p>Gate code {4000 + number}</p>" if number % 4 == 0 else "",
        "custom_properties": {},
        "merged_into_id": None,
        **dates(rand),
        "deleted_at": None,
    }


def company(seed, number):
    rand = rng(seed, "rr company", number)
    name = company_name(number - 1)
    host = name.lower().replace(" ", "-") + ".example"
    return {
        **_contact(rand, number, "company"),
        "name": f"{name} LLC",
        "email": f"office@{host}",
        "additional_emails": [f"billing@{host}"] if number % 5 == 0 else [],
        "website": f"https://{host}",
        "industry": rand.choice(INDUSTRIES),
        "custom_properties": {"account_code": f"{number:05d}", "sq_ft": number * 100},
    }


def person(seed, number, companies, index):
    """`index` is the place among the persons; the last of every lap have no company."""
    rand = rng(seed, "rr person", number)
    first, last = rand.choice(FIRST_NAMES), rand.choice(LAST_NAMES)
    place = index % PERSONS
    lonely = place >= PERSONS - LONELY
    kind = "individual" if place % 4 == 0 else "contact"
    if place >= PERSONS - CUSTOMERS:
        kind = "customer"
    employer = None if lonely else rand.randrange(1, companies + 1)
    return {
        **_contact(rand, number, kind),
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{number}@mail.example".lower(),
        "mobile": f"+1 312 556 {number % 10000:04d}" if number % 2 else "",
        "job_title": "" if lonely else rand.choice(JOBS),
        "company_id": f"ct_{employer}" if employer else None,
        "company_name": f"{company_name(employer - 1)} LLC" if employer else "",
        "custom_properties": {
            "warranty_tier": rand.choice(("gold", "silver", "basic")),
            "sq_ft": rand.randrange(600, 9000),
            "visit_days": rand.sample(("mon", "tue", "wed", "thu", "fri"), 2),
        },
    }


def contacts(store, seed, scale):
    companies, persons = COMPANIES * scale, PERSONS * scale
    for number in range(1, companies + 1):
        store.add("contact", company(seed, number))
    for index in range(persons):
        number = companies + index + 1
        store.add("contact", person(seed, number, companies, index))
    return companies, persons
