"""Members of organizations and of contact groups."""

from common import EXPORTED_AT, between, day, make_row, parse_stamp, rng, yes

GROUPS = ("Spring cohort", "Leadership circle", "Alumni")


def _member(organization, person, number, primary, role=""):
    created = parse_stamp(person["Created At"])
    added = between(rng("member", number), created, EXPORTED_AT)
    return make_row(
        "organization_members.csv",
        Organization_ID=organization["Organization ID"],
        Organization_Name=organization["Organization Name"],
        Client_ID=person["Client ID"],
        Client_Email=person["Email"],
        Role=role,
        Is_Primary=yes(primary),
        Is_Billing=yes(
            organization["Billing Contact"]
            in (person["Client ID"], person["Email"], person["Full Name"])
        ),
        Added_At=day(added),
    )


def members(src, organization_rows, contact_rows, households):
    by_id = {row["Organization ID"]: row for row in organization_rows}
    by_name = {row["Organization Name"]: row for row in organization_rows}
    rows = []
    for person, contact in zip(contact_rows, src.contacts, strict=True):
        for position, account in enumerate(contact["linked_accounts"]):
            organization = by_id[src.organization_ids[account["id"]]]
            role = "" if position else person["Job Title"]
            rows.append(_member(organization, person, len(rows), not position, role))
    for name, people, busy in households:
        home = by_name[name]
        for person in people:
            rows.append(_member(home, person, len(rows), True, "Parent"))
        rows.append(_member(home, busy, len(rows), False, "Sibling"))
    return rows


def groups(contact_rows, organization_rows):
    """Memberships; the names are repeated in the Groups column of the contact."""
    ids = {
        row["Organization Name"]: row["Organization ID"] for row in organization_rows
    }
    rows = []
    for number, person in enumerate(contact_rows):
        names = [g for k, g in enumerate(GROUPS) if number % (17 + 3 * k) == k + 1]
        person["Groups"] = "; ".join(names)
        for name in names:
            created = parse_stamp(person["Created At"])
            added = between(rng("group", len(rows)), created, EXPORTED_AT)
            company = person["Organization"]
            inherited = ids.get(company, company)
            rows.append(
                make_row(
                    "contact_groups.csv",
                    Group_ID=f"G-{GROUPS.index(name) + 1}",
                    Group_Name=name,
                    Client_ID=person["Client ID"],
                    Client_Email=person["Email"],
                    Added_At=day(added),
                    Inherited_From=inherited if name == GROUPS[1] else "",
                    Role="Host" if number % 50 == 1 else "Member",
                    Status="Active" if number % 11 else "Left",
                )
            )
    return rows
