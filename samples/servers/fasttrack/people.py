"""Users, teams, companies, contacts and leads of FastTrack."""

from datetime import timedelta

from ..common import (
    FIRST_NAMES,
    LAST_NAMES,
    TODAY,
    company_name,
    dates,
    day,
    iso,
    money,
    opaque,
    parse,
    rng,
)

COMPANIES, CONTACTS, LONELY, LEADS, CONVERTED = 40, 160, 30, 25, 5
USERS = (
    ("Ana", "Rossi", "ana@ft.example", "Admin", "en_GB"),
    ("Lea", "Petit", "Lea@FT.example", "AE", "fr_FR"),  # written in another case
    ("Max", "Weber", "max@ft.example", "AE", "de_DE"),
    ("Noa", "Levi", "noa@ft.example", "SDR", "en_GB"),
    ("Oto", "Novak", "oto@ft.example", "SDR", "cs_CZ"),
    ("Pia", "Lind", "pia@ft.example", "CSM", "sv_SE"),
    ("Rui", "Silva", "rui@ft.example", "AE", "pt_PT"),  # inactive
    ("Siv", "Berg", None, "CSM", "nb_NO"),  # no e-mail
)
INACTIVE_USER, MAILLESS_USER = 7, 8
#: Owns records but is not listed any more.
GONE_USER = {"id": opaque("User", 99), "email": "gone@ft.example"}
TEAMS = ("EMEA", "Americas", "Nordics")
CITIES = (
    ("Lyon", "69002", "FR"),
    ("London", "EC1A", "GB"),
    ("Berlin", "10115", "DE"),
    ("Porto", "4000", "PT"),
)
TAGS = ("board", "q4", "hot", "emea", "renewal", "webinar")
STATUSES = ("NEW", "WORKING", "QUALIFIED", "UNQUALIFIED")


def user_ref(number):
    return {"id": opaque("User", number), "email": USERS[number - 1][2]}


def owner(rand):
    return user_ref(rand.randrange(1, len(USERS) + 1))


def field(key, value, kind):
    """One value of a custom field, as every object carries them."""
    return {"key": key, "value": value, "type": kind}


def address(rand):
    city, code, country = rand.choice(CITIES)
    return {
        "line1": f"{rand.randrange(1, 99)} rue {rand.choice(LAST_NAMES)}",
        "line2": None,
        "city": city,
        "region": "",
        "postal_code": code,
        "country_code": country,
    }


def users(store):
    for number, (first, last, email, role, locale) in enumerate(USERS, 1):
        team = 1 + number % 3
        store.add(
            "user",
            {
                "id": opaque("User", number),
                "email": email,
                "first_name": first,
                "last_name": last,
                "name": f"{first} {last}",
                "is_active": number != INACTIVE_USER,
                "role": role,
                "team": {"id": opaque("Team", team), "name": TEAMS[team - 1]},
                "manager": user_ref(1) if number > 1 else None,
                "timezone": "Europe/Paris",
                "locale": locale,
                "deactivated_at": "2026-03-01T00:00:00Z"
                if number == INACTIVE_USER
                else None,
                "updated_at": f"2026-01-{number:02d}T00:00:00Z",
            },
        )
    for number, name in enumerate(TEAMS, 1):
        members = [n for n in range(1, len(USERS) + 1) if 1 + n % 3 == number]
        store.add(
            "team",
            {
                "id": opaque("Team", number),
                "name": name,
                "lead_user": {"id": opaque("User", members[0])},
                "members": [{"id": opaque("User", n)} for n in members],
                "parent": {"id": opaque("Team", 1)} if number == 3 else None,
                "is_archived": False,
                "created_at": "2023-01-01T00:00:00Z",
                "updated_at": "2025-01-01T00:00:00Z",
            },
        )


def company(seed, number):
    rand = rng(seed, "ft company", number)
    name = company_name(number - 1)
    domain = name.lower().replace(" ", "-") + ".example"
    parent = number % 10 == 0
    return {
        "id": opaque("Company", number),
        "name": f"{name} SAS",
        "domain": domain,
        "website": f"https://{domain}",
        "phone": f"+33 1 70 {number % 100:02d} 00 00",
        "email": f"hello@{domain}",
        "industry": rand.choice(("Software", "Retail", "Energy", "Media")),
        "employee_count": rand.randrange(3, 4000),
        "annual_revenue": {"amount": money(rand, 50000, 9000000), "currency": "EUR"}
        if number % 3
        else None,
        "address": address(rand),
        "parent": {"id": opaque("Company", number - 1)} if parent else None,
        "owner": owner(rand),
        "type": rand.choice(("prospect", "customer", "partner")),
        "vat_number": f"FR4030326{number:04d}" if number % 2 else None,
        "tags": rand.sample(TAGS, number % 3),
        "description": f"Account {number}",
        "custom_fields": [field("tier", rand.choice("ABC"), "SINGLE_SELECT")],
        **dates(rand),
        "archived_at": None,
    }


def _links(rand, employer, companies):
    """Every contact of a company may advise a second one."""
    if not employer:
        return []
    links = [
        {
            "is_primary": True,
            "labels": ["Employee"],
            "node": {"id": opaque("Company", employer)},
        }
    ]
    if rand.random() < 0.2:
        other = 1 + employer % companies
        links.append(
            {
                "is_primary": False,
                "labels": ["Advisor"],
                "node": {"id": opaque("Company", other)},
            }
        )
    return links


def contact(seed, number, companies):
    rand = rng(seed, "ft contact", number)
    first, last = rand.choice(FIRST_NAMES), rand.choice(LAST_NAMES)
    lonely = (number - 1) % CONTACTS >= CONTACTS - LONELY
    employer = None if lonely else rand.randrange(1, companies + 1)
    email = f"{first}.{last}.{number}@post.example".lower()
    name = f"{company_name(employer - 1)} SAS" if employer else ""
    segment = field("segment", rand.choice("ABC"), "SINGLE_SELECT")
    return {
        "id": opaque("Contact", number),
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": email,
        "emails": [{"value": email, "type": "work", "is_primary": True}],
        "phone": f"+33 1 70 {number % 10000:04d}",
        "mobile": f"+33 6 12 {number % 10000:04d}" if number % 2 else "",
        "job_title": "" if lonely else rand.choice(("CFO", "CTO", "Buyer", "Engineer")),
        "company": {"id": opaque("Company", employer), "name": name}
        if employer
        else None,
        "companies": _links(rand, employer, companies),
        "owner": owner(rand),
        "address": address(rand),
        "lifecycle_stage": rand.choice(("lead", "opportunity", "customer")),
        "source": rand.choice(("webinar", "website", "referral")),
        "language": rand.choice(("fr_FR", "en_GB", "de_DE")),
        "birthday": "1980-02-29" if number % 9 == 0 else None,
        "do_not_email": number % 19 == 0,
        "tags": rand.sample(TAGS, number % 3),
        "description": f"Met in {rand.choice(CITIES)[0]}",
        "custom_fields": [segment, field("score_card", '["x","y"]', "MULTI_SELECT")],
        **dates(rand),
        "archived_at": None,
    }


def contacts(store, seed, scale):
    companies, people = COMPANIES * scale, CONTACTS * scale
    for number in range(1, companies + 1):
        store.add("company", company(seed, number))
    for number in range(1, people + 1):
        store.add("contact", contact(seed, number, companies))
    return companies, people


def lead(seed, number, deals, people):
    rand = rng(seed, "ft lead", number)
    first, last = rand.choice(FIRST_NAMES), rand.choice(LAST_NAMES)
    converted = (number - 1) % LEADS < CONVERTED
    times = dates(rand)
    when = parse(times["updated_at"]) - timedelta(days=1)
    return {
        "id": opaque("Lead", number),
        "title": rand.choice(("Demo request", "Pricing", "Call back")),
        "first_name": first,
        "last_name": last,
        "company_name": company_name(number + 60),
        "email": f"{first}.{last}.{number}@fabrikam.example".lower(),
        "phone": f"+44 20 7946 {number % 10000:04d}",
        "status": "CONVERTED" if converted else rand.choice(STATUSES),
        "rating": rand.choice(("hot", "warm", "cold")),
        "score": rand.randrange(0, 100),
        "source": "Website",
        "campaign": "Q4 launch",
        "owner": owner(rand),
        "contact": {"id": opaque("Contact", rand.randrange(1, people + 1))}
        if converted
        else None,
        "converted_deal": {"id": opaque("Deal", rand.randrange(1, deals + 1))}
        if converted
        else None,
        "converted_at": iso(when) if converted else None,
        "address": address(rand),
        "description": f"Wants pricing before {day(TODAY)}",
        "tags": ["hot"] if number % 2 else [],
        "custom_fields": [],
        **times,
    }


def leads(store, seed, scale, deals, people):
    for number in range(1, LEADS * scale + 1):
        store.add("lead", lead(seed, number, deals, people))
