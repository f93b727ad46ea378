"""Staff, organizations, contacts, memberships and groups."""

from datetime import datetime, timedelta

from common import (
    EXPORTED_AT,
    FIRST_DAY,
    created_updated,
    day,
    ident,
    make_row,
    rng,
    stamp,
    yes,
)

EXTRA_COACH = ("Naomi", "Castellanos", "Naomi.Castellanos@Example.com")
COUNTRIES = ("United States", "United States", "USA", "United States", "US")
STATUSES = ("Active",) * 14 + ("Inactive", "Lead", "Lead", "Prospective", "Archived")
REFERRALS = ("Podcast", "Google search", "Friend", "Former client", "Workshop")
MODALITIES = ("CBT", "ACT", "Coaching", "EMDR")
STAGES_ON_CONTACT = ("Discovery Call", "Prospecting", "Qualification")
NICKNAMES = {"Daniel": "Dan", "Rachel": "Rae", "Henry": "Hank", "Diana": "Dee"}
FAMILIES = 2


def staff(src):
    rows = []
    people = [
        (*src.staff_names[u["user_details"]["email"]], u["user_details"]["email"], u)
        for u in src.users
    ] + [(*EXTRA_COACH, {"role": "USER", "phone": "+1 555-555-0177"})]
    inactive = max(src.staff_names)
    for number, (first, last, email, user) in enumerate(people, 1):
        rows.append(
            make_row(
                "staff.csv",
                Staff_ID=f"ST-{number}",
                First_Name=first,
                Last_Name=last,
                Name=f"{first} {last}",
                Email=email,
                Role="Owner" if user["role"] == "ADMIN" else "Coach",
                Phone=user["phone"] or "",
                Time_Zone="America/New_York",
                Status="Inactive" if email == inactive else "Active",
                Created_At=day(FIRST_DAY - timedelta(days=7 - number)),
            )
        )
    return rows


def contact_organizations(src):
    """Organization (source account id) and typed company of each contact."""
    result, loose = {}, 0
    for contact in src.contacts:
        typed = contact["organization"]
        linked = contact["linked_accounts"]
        if linked:
            other = "" if typed == linked[0]["name"] else typed
            result[contact["id"]] = (linked[0]["id"], other)
            continue
        loose += 1
        if loose % 7 == 0:
            result[contact["id"]] = (None, "self-employed" if loose % 21 == 0 else "")
        else:
            result[contact["id"]] = (src.account_names[typed], "")
    return result


def _coach(src, contact, number):
    owners = src.owners("contacts", contact)
    if number % 25 == 3:
        return "; ".join(src.full_name(email) for email in owners)
    if len(owners) == 1 and number % 12 == 5:
        owners = [*owners, EXTRA_COACH[2].lower()]
    return "; ".join(owners)


def _properties(contact, number, rand, typed):
    rate = rand.choice(("120", "150", "162.50", "175", "200", "95.75"))
    return {
        "Department": contact["department"] if number % 5 else "",
        "Session Rate": rate if number % 3 else "",
        "Do Not Call": yes(contact["do_not_call"] or number % 19 == 0),
        "Therapy Modality": rand.choice(MODALITIES) if number % 4 == 0 else "",
        "Company (typed)": typed,
    }


def _contact(src, contact, number, organization, typed):
    rand = rng("contact", number)
    last_day = datetime(2026, 8, 31) if contact["id"] in src.deal_clients else None
    created, updated = created_updated(
        rand, FIRST_DAY, last_day or EXPORTED_AT - timedelta(days=7)
    )
    first, last = contact["first_name"], contact["last_name"]
    born = datetime(1955, 1, 1) + timedelta(days=rand.randint(0, 17000))
    row = make_row(
        "contacts.csv",
        Client_ID=src.client_ids[contact["id"]],
        First_Name=first,
        Last_Name=last,
        Full_Name=f"{first} {last}",
        Preferred_Name=NICKNAMES.get(first, "") if number % 2 else "",
        Email=contact["email"],
        Secondary_Email="home." + contact["email"] if number % 12 == 0 else "",
        Phone=src.text("contacts", contact, "Phone"),
        Date_of_Birth=day(born) if number % 3 == 0 else "",
        Address=contact["address_line"],
        City=contact["city"],
        State=contact["state"],
        Zip=contact["postcode"],
        Country=COUNTRIES[number % len(COUNTRIES)],
        Organization=organization,
        Job_Title=contact["title"],
        Status=rand.choice(STATUSES),
        Coach=_coach(src, contact, number),
        Tags=src.text("contacts", contact, "Tags"),
        Referral_Source=rand.choice(REFERRALS) if number % 2 else "",
        Notes=contact["description"] or "",
        Created_At=stamp(created),
        Last_Updated=stamp(updated),
    )
    row.update(_properties(contact, number, rand, typed))
    if contact["id"] not in src.deal_clients and number % 9 == 0:
        row["Pipeline Stage"] = rand.choice(STAGES_ON_CONTACT)
    return row


def contacts(src):
    """Rows of contacts.csv; Organization is mostly a name, sometimes an id."""
    names = {account["id"]: account["name"] for account in src.accounts}
    rows = []
    linked = contact_organizations(src)
    for number, contact in enumerate(src.contacts, 1):
        account, typed = linked[contact["id"]]
        organization = names.get(account, "")
        if account and number % 15 == 0:
            organization = src.organization_ids[account]
        rows.append(_contact(src, contact, number, organization, typed))
    return rows


def families(rows):
    """Two households of people without organization, one member with a company."""
    free = [
        row for row in rows if not row["Organization"] and not row["Company (typed)"]
    ]
    surnames = sorted({row["Last Name"] for row in rows})
    found = []
    for surname in surnames:
        alone = [row for row in free if row["Last Name"] == surname]
        busy = [
            row for row in rows if row["Last Name"] == surname and row["Organization"]
        ]
        if alone and busy and len(found) < FAMILIES:
            found.append((f"{surname} Family", alone[:2], busy[0]))
    return found


def _reference(rows_by_name, row, number):
    """A contact as id, as e-mail, or (only if unique) as full name."""
    if number % 3 == 1:
        return row["Email"]
    if number % 3 == 2 and len(rows_by_name[row["Full Name"]]) == 1:
        return row["Full Name"]
    return row["Client ID"]


def _organization(src, account, number):
    rand = rng("organization", number)
    created, updated = created_updated(rand, FIRST_DAY, datetime(2026, 6, 30))
    owners = src.owners("accounts", account)
    if number % 2 == 0:
        owners = [src.full_name(email) for email in owners]
    return make_row(
        "organizations.csv",
        Organization_ID=src.organization_ids[account["id"]],
        Organization_Name=account["name"],
        Type="Organization",
        Email=account["email"],
        Phone=src.text("accounts", account, "Phone"),
        Website=account["website"],
        Industry=account["industry"].title(),
        Employee_Count=account["number_of_employees"],
        Address=account["address_line"],
        City=account["city"],
        State=account["state"],
        Zip=account["postcode"],
        Country=COUNTRIES[(number + 2) % len(COUNTRIES)],
        Team_Members="; ".join(owners),
        Tags=src.text("accounts", account, "Tags"),
        Notes=account["description"] or "",
        Created_At=stamp(created),
        Last_Updated=stamp(updated),
        Annual_Revenue=account["annual_revenue"] if number % 4 else "",
    )


def organizations(src, contact_rows, households):
    rows = [_organization(src, a, n) for n, a in enumerate(src.accounts, 1)]
    for number, (name, people, _busy) in enumerate(households, len(rows) + 1):
        created, updated = created_updated(
            rng("organization", number), FIRST_DAY, datetime(2024, 6, 30)
        )
        home = people[0]
        rows.append(
            make_row(
                "organizations.csv",
                Organization_ID=ident("O", number),
                Organization_Name=name,
                Type="Family",
                Email=name.lower().replace(" ", ".") + "@example.com",
                Phone="'+1 555-555-01" + f"{60 + number % 30}",
                **{key: home[key] for key in ("Address", "City", "State", "Zip")},
                Country=home["Country"],
                Created_At=stamp(created),
                Last_Updated=stamp(updated),
            )
        )
        for person in people:
            person["Organization"] = name
    _set_contacts(rows, contact_rows)
    return rows


def _set_contacts(rows, contact_rows):
    by_name, by_organization = {}, {}
    for row in contact_rows:
        by_name.setdefault(row["Full Name"], []).append(row)
        by_organization.setdefault(row["Organization"], []).append(row)
    for number, row in enumerate(rows):
        people = by_organization.get(row["Organization Name"], [])
        if people:
            row["Primary Contact"] = _reference(by_name, people[0], number)
        if len(people) > 1 and number % 2:
            row["Billing Contact"] = _reference(by_name, people[1], number + 1)
