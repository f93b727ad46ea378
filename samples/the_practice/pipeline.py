"""Pipelines, deals and tasks."""

from datetime import datetime, time, timedelta

from common import (
    EXPORTED_AT,
    between,
    day,
    ident,
    make_row,
    parse_stamp,
    rng,
    stamp,
    yes,
)
from source import assigned

COACHING = "Coaching packages"
COACHING_STAGES = (  # name, probability, won, archived
    ("Discovery Call", 20, False, False),
    ("Proposal", 50, False, False),
    ("Package Sold", 100, True, False),
    ("Waitlist", 5, False, True),
)
COACHING_DEALS = 40
MAPPED = {
    "PROSPECTING": "Discovery Call",
    "QUALIFICATION": "Discovery Call",
    "PROPOSAL": "Proposal",
    "NEGOTIATION": "Proposal",
    "CLOSED_WON": "Package Sold",
    "CLOSED_LOST": "Proposal",
}
SALES_PROBABILITY = (10, 25, 50, 75, 100, 0)
PACKAGES = ("Career 6", "Executive 12", "Couples 8")
LOST_REASONS = ("Price", "No response", "Chose another coach", "Not a fit", "Timing")
TASK_TYPES = ("Call", "Meeting", "Email", "To-do")
TASK_TEXT = (
    "Bring the worksheet and the notes of last time.",
    "Ask for a date that suits both.\nOffer Tuesday or Thursday.",
    "Check the invoice address first.",
)


def stages(src):
    pipeline = src.pipelines[0]
    rows = []
    for stage, chance in zip(pipeline["stages"], SALES_PROBABILITY, strict=True):
        kind = stage["kind"]
        rows.append(
            _stage(
                pipeline["name"],
                stage["label"],
                stage["order"],
                chance,
                won=kind == "won",
                lost=kind == "lost",
            )
        )
    for order, (name, chance, won, archived) in enumerate(COACHING_STAGES, 1):
        rows.append(_stage(COACHING, name, order, chance, won=won, archived=archived))
    for number, row in enumerate(rows, 1):
        row["Stage ID"] = f"S-{number}"
    return rows


def _stage(pipeline, name, order, chance, won=False, lost=False, archived=False):
    return make_row(
        "pipeline_stages.csv",
        Pipeline=pipeline,
        Stage=name,
        Order=order,
        Probability=f"{chance}%",
        Is_Won=yes(won),
        Is_Lost=yes(lost),
        Archived=yes(archived),
    )


def _place(src, deal, number):
    """Pipeline, stage and package: every sixth deal is a coaching package."""
    if number % 6 or number // 6 > COACHING_DEALS:
        return src.pipelines[0]["name"], deal["stage_label"], ""
    stage = MAPPED[deal["stage"]]
    if deal["stage"] == "PROSPECTING" and number % 4 == 0:
        stage = "Waitlist"
    return COACHING, stage, PACKAGES[number // 6 % len(PACKAGES)]


def _deal_dates(rand, deal, client_created):
    """Created, closed (won or lost only), last updated, close date."""
    close = datetime.fromisoformat(deal["closed_on"])
    latest = min(close, EXPORTED_AT) - timedelta(days=5)
    earliest = max(client_created, latest - timedelta(days=300))
    created = between(rand, earliest, latest)
    closed = None
    if deal["stage_kind"] != "open":
        end = datetime.combine(close.date(), time(18))
        closed = between(rand, max(created, end - timedelta(days=3)), end)
    updated = between(rand, closed or created, EXPORTED_AT)
    return created, closed, updated, close


def _deal(src, deal, number, client, account):
    rand = rng("deal", number)
    pipeline, stage, package = _place(src, deal, number)
    created, closed, updated, close = _deal_dates(
        rand, deal, parse_stamp(client["Created At"])
    )
    kind = deal["stage_kind"]
    by_email_only = number % 13 == 0
    return make_row(
        "deals.csv",
        Deal_ID=src.deal_ids[deal["id"]],
        Deal_Name=deal["name"],
        Client_ID="" if by_email_only else client["Client ID"],
        Client_Email=client["Email"],
        Organization=account,
        Pipeline=pipeline,
        Stage=stage,
        Value=f"${float(deal['amount']):,.2f}",
        Currency=deal["currency"],
        Probability=f"{deal['probability']}%",
        Status=kind.title(),
        Close_Date=day(close),
        Closed_At=stamp(closed),
        Lost_Reason=rand.choice(LOST_REASONS) if kind == "lost" else "",
        Owner=assigned(deal)[0],
        Package=package,
        Source=src.text("opportunities", deal, "Lead source").title(),
        Tags=src.text("opportunities", deal, "Tags"),
        Description=deal["description"] or "",
        Created_At=stamp(created),
        Last_Updated=stamp(updated),
    )


def deals(src, contact_rows):
    clients = {row["Client ID"]: row for row in contact_rows}
    rows = []
    for number, deal in enumerate(src.opportunities, 1):
        client = clients[src.client_ids[deal["contacts"][0]["id"]]]
        account = deal["account"]["name"]
        if number % 10 == 0:
            account = src.organization_ids[deal["account"]["id"]]
        rows.append(_deal(src, deal, number, client, account))
    return rows


class TaskLinks:
    """Which client and deal a task belongs to."""

    def __init__(self, src, contact_rows, deal_rows):
        self.src = src
        self.clients = {row["Client ID"]: row for row in contact_rows}
        self.by_email = {row["Email"]: row for row in contact_rows}
        self.deals = {row["Deal ID"]: row for row in deal_rows}
        self.cases = {case["id"]: case for case in src.cases}
        self.people = {}
        for contact in src.contacts:
            for account in contact["linked_accounts"]:
                self.people.setdefault(account["id"], []).append(contact["id"])
            account = src.account_names[contact["organization"]]
            self.people.setdefault(account, []).append(contact["id"])

    def find(self, task, number):
        """(client row or None, deal id)."""
        if task["opportunity"]:
            deal = self.deals[self.src.deal_ids[task["opportunity"]["id"]]]
            return self.by_email[deal["Client Email"]], deal["Deal ID"]
        if task["case"]:
            people = self.cases[task["case"]["id"]]["contacts"]
            return self._client(people[0]["id"]), ""
        if task["account"]:
            people = self.people.get(task["account"]["id"])
            return self._client(people[0]) if people else None, ""
        if task["lead"]:
            people = self.src.contacts
            return self._client(people[number * 7 % len(people)]["id"]), ""
        return None, ""

    def _client(self, source_id):
        return self.clients[self.src.client_ids[source_id]]


def _task_dates(rand, task, number):
    due = datetime.fromisoformat(task["due_date"])
    if task["status"] != "Completed" and number % 15 == 0:
        due -= timedelta(days=35)
    latest = min(due, EXPORTED_AT) - timedelta(days=1)
    created = between(rand, latest - timedelta(days=40), latest)
    completed = None
    if task["status"] == "Completed":
        completed = between(rand, created, min(due + timedelta(hours=17), EXPORTED_AT))
    return due, created, completed, between(rand, completed or created, EXPORTED_AT)


def _task(src, task, number, client, deal_id):
    rand = rng("task", number)
    due, created, completed, updated = _task_dates(rand, task, number)
    status = "Completed" if completed else "Pending"
    if status == "Pending" and due.date() < EXPORTED_AT.date():
        status = "Overdue"
    owner = assigned(task)[0]
    timed = number % 7 == 0
    return make_row(
        "tasks.csv",
        Task_ID=ident("T", number),
        Title=task["title"],
        Description=rand.choice(TASK_TEXT) if number % 4 == 0 else "",
        Type=rand.choice(TASK_TYPES),
        Client_ID=client["Client ID"] if client and number % 12 else "",
        Client_Email=client["Email"] if client else "",
        Deal_ID=deal_id,
        Assigned_To=src.full_name(owner) if number % 3 == 0 else owner,
        Due_Date=stamp(due + timedelta(hours=14)) if timed else day(due),
        Reminder_At=stamp(due + timedelta(hours=8)) if number % 5 == 0 else "",
        Status=status,
        Completed_At=stamp(completed),
        Priority={"Medium": "Normal"}.get(task["priority"], task["priority"]),
        Recurrence="weekly" if number % 23 == 0 else "",
        Created_At=stamp(created),
        Last_Updated=stamp(updated),
    )


def tasks(src, contact_rows, deal_rows):
    links = TaskLinks(src, contact_rows, deal_rows)
    rows = []
    for number, task in enumerate(src.tasks, 1):
        client, deal_id = links.find(task, number)
        rows.append(_task(src, task, number, client, deal_id))
    return rows
