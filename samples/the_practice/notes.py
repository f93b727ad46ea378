"""Notes, messages and calls on contacts and deals."""

from datetime import timedelta

import bodies
from common import (
    EXPORTED_AT,
    between,
    created_updated,
    ident,
    make_row,
    parse_stamp,
    rng,
    stamp,
)

COUNT = 520
ON_DEALS = 150
TYPES = ("Note",) * 5 + ("Session Note",) * 6 + ("Call",) * 3
TYPES += ("Email",) * 5 + ("Message",) * 3
TITLES = {
    "Note": ("Intake", "Remark", "", "Follow-up"),
    "Session Note": ("Session 1", "Session 2", "Session 3", "Review"),
    "Call": ("Phone call", "", "Voicemail"),
    "Email": ("Re: Next session", "RE: Invoice", "Worksheet"),
    "Message": ("", "", "Text message"),
}
DELAY = timedelta(days=2)  # from a session to its note, at most
DURATIONS = (15, 30, 45, 50, 60, 90)
CLOCK_CHANGE = "11/02/2025 01:30 AM"  # happens twice in New York


def _parents(contact_rows, deal_rows):
    """Pairs of client and deal (or None), contacts first, some of them often."""
    by_email = {row["Email"]: row for row in contact_rows}
    pairs = []
    for number in range(COUNT - ON_DEALS):
        rand = rng("note parent", number)
        pool = contact_rows[:40] if number % 3 == 0 else contact_rows
        pairs.append((rand.choice(pool), None))
    for number in range(ON_DEALS):
        deal = rng("note deal", number).choice(deal_rows)
        pairs.append((by_email[deal["Client Email"]], deal))
    return pairs


def _author(staff_rows, rand):
    person = rand.choice(staff_rows)
    return person, person["Name"] if rand.random() < 0.3 else person["Email"].lower()


def _body(number, rand, kind_of_note, client, person, created):
    found = bodies.special(number, rand)
    if found:
        return found
    kind = rand.choice(bodies.KINDS[kind_of_note])
    text = bodies.regular(
        kind,
        rand,
        client["First Name"],
        person["Name"],
        created.strftime("%b %d, %Y"),
    )
    return kind, text


def _note(number, client, deal, staff_rows):
    rand = rng("note", number)
    kind = rand.choice(TYPES)
    start = parse_stamp((deal or client)["Created At"])
    created, updated = created_updated(rand, start, EXPORTED_AT)
    person, author = _author(staff_rows, rand)
    style, body = _body(number, rand, kind, client, person, created)
    row = make_row(
        "notes.csv",
        Note_ID=ident("N", number),
        Client_ID=client["Client ID"] if number % 11 else "",
        Client_Email=client["Email"] if number % 11 == 0 or number % 2 else "",
        Deal_ID=deal["Deal ID"] if deal else "",
        Type=kind,
        Title=rand.choice(TITLES[kind]),
        Body=body,
        Author=author,
        Visibility="Private" if rand.random() < 0.6 else "Shared",
        Created_At=stamp(created),
        Last_Updated=stamp(updated if number % 3 == 0 else created),
    )
    if kind in ("Session Note", "Call"):
        row["Session Date"] = stamp(between(rand, max(start, created - DELAY), created))
        row["Duration (min)"] = str(rand.choice(DURATIONS))
    return style, row


def _clock_change(rows):
    """One note written in the hour that New York has twice."""
    moment = parse_stamp(CLOCK_CHANGE)
    for row in rows:
        updated = parse_stamp(row["Last Updated"])
        if row["Deal ID"] or row["Session Date"] or updated < moment:
            continue
        if parse_stamp(row["Created At"]) < moment:
            row["Created At"] = CLOCK_CHANGE
            return row["Note ID"]
    raise ValueError("no note spans the change of clocks")


def notes(contact_rows, deal_rows, staff_rows):
    """Rows of notes.csv and the ids of the notes of every body kind."""
    rows, styles = [], {}
    for number, pair in enumerate(_parents(contact_rows, deal_rows), 1):
        style, row = _note(number, *pair, staff_rows)
        rows.append(row)
        styles.setdefault(style, []).append(row["Note ID"])
    styles["clock_change"] = [_clock_change(rows)]
    return rows, styles
