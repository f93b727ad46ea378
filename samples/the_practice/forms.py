"""Intake form, custom properties, e-mail templates and workflows."""

import json
from datetime import datetime, timedelta

from common import (
    CONTACT_PROPERTIES,
    EXPORTED_AT,
    ORGANIZATION_PROPERTIES,
    between,
    make_row,
    parse_stamp,
    rng,
    stamp,
)
from people import MODALITIES

FORM = {"Form_ID": "F-1", "Form_Name": "Client intake"}
SUBMISSIONS = 40
QUESTIONS = (
    ("What is your main goal?", "long_text"),
    ("How did you hear about us?", "dropdown"),
    ("How ready are you for change (1-10)?", "number"),
    ("I agree to the terms", "signature"),
)
GOALS = (
    "Change career within a year",
    "More confidence in meetings",
    "Balance of work and family\nand one free evening a week",
    "Найти новую работу",
    "Lead a team of ten; grow it to twenty",
)
HEARD = ("Podcast", "Friend", "Search engine", "Event")
TYPES = {
    "Session Rate": "number",
    "Do Not Call": "checkbox",
    "Therapy Modality": "dropdown",
    "Annual Revenue": "number",
}


def forms():
    return [
        make_row(
            "forms.csv",
            **FORM,
            Form_Type="Client",
            Description="Filled in before the first session",
            Question_Count=len(QUESTIONS),
            Status="Published",
            Created_At="01/05/2023 09:00 AM",
            Last_Updated="02/05/2026 10:30 AM",
        )
    ]


def _answer(kind, rand, person):
    if kind == "long_text":
        return rand.choice(GOALS)
    if kind == "dropdown":
        return rand.choice(HEARD)
    if kind == "number":
        return rand.randint(1, 10)
    return f"Signed by {person['Full Name']}"


def responses(contact_rows):
    rows = []
    for number in range(SUBMISSIONS):
        person = contact_rows[number * 7 % len(contact_rows)]
        rand = rng("form", number)
        created = parse_stamp(person["Created At"])
        end = min(created + timedelta(days=10), EXPORTED_AT)
        sent = between(rand, created, end)
        for order, (question, kind) in enumerate(QUESTIONS, 1):
            rows.append(
                make_row(
                    "form_responses.csv",
                    Submission_ID=f"FS-{number + 1:03d}",
                    **FORM,
                    Client_ID=person["Client ID"] if number % 8 else "",
                    Client_Email=person["Email"],
                    Submitted_At=stamp(sent),
                    Submitted_By=person["Full Name"],
                    Question_ID=f"Q-{order}",
                    Question=question,
                    Question_Type=kind,
                    Answer=_answer(kind, rand, person),
                    Order=order,
                    Signed_At=stamp(sent) if kind == "signature" else "",
                )
            )
    return rows


def custom_properties():
    rows = []
    labels = [("Client", label) for label in CONTACT_PROPERTIES]
    labels += [("Organization", label) for label in ORGANIZATION_PROPERTIES]
    for kind, label in labels:
        key = label.lower().replace("(", "").replace(")", "").replace(" ", "_")
        rows.append(
            make_row(
                "custom_properties.csv",
                Object=kind,
                Key=key,
                Label=label,
                Type=TYPES.get(label, "text"),
                Options="|".join(MODALITIES) if label == "Therapy Modality" else "",
                Required="No",
                Section="Intake" if kind == "Client" else "Company",
                Archived="No",
            )
        )
    return rows


TEMPLATES = (
    (
        "Welcome",
        "Welcome, {{client_first_name}}",
        (
            "<p>Hi {{client_first_name}},</p><p>I am glad to work with you.</p>"
            "<p>{{coach_name}}</p>"
        ),
        "client_first_name; coach_name",
        True,
    ),
    (
        "Session reminder",
        "Your session on {{session_date}}",
        (
            "<p>Hi {{client_first_name}}, we meet on {{session_date}} at "
            '{{session_time}}.</p><p><a href="{{reschedule_link}}">Choose another '
            "time</a>"
        ),
        "client_first_name; session_date; session_time; reschedule_link",
        True,
    ),
    (
        "Invoice",
        "Invoice {{invoice_number}}",
        (
            "<p>Dear {{client_full_name}}, please find invoice {{invoice_number}} over "
            "{{amount_due}}.</p>"
        ),
        "client_full_name; invoice_number; amount_due",
        True,
    ),
    (
        "Old newsletter",
        "News from the practice",
        "<h1>News</h1><p>Hello {{client_first_name | default: 'friend'}}</p>",
        "client_first_name",
        False,
    ),
)


def email_templates():
    return [
        make_row(
            "email_templates.csv",
            Template_ID=f"ET-{number}",
            Name=name,
            Subject=subject,
            Body=body,
            Type="Email",
            Placeholders=placeholders,
            Enabled="Yes" if enabled else "No",
            Last_Updated=stamp(datetime(2026, number, 2, 9)),
        )
        for number, (name, subject, body, placeholders, enabled) in enumerate(
            TEMPLATES, 1
        )
    ]


def _workflow(number, name, trigger, steps, owner, conditions=(), enabled=True):
    return {
        "id": f"wf_{number}",
        "name": name,
        "trigger": trigger,
        "conditions": list(conditions),
        "steps": steps,
        "owner": owner,
        "enabled": enabled,
        "updated_at": f"2026-0{number}-02T00:00:00Z",
    }


def _mail(template, delay):
    return {"type": "send_email", "delay": delay, "template_id": template}


def workflows(staff_rows):
    """(bytes of workflows.json, number of workflows)."""
    owners = [row["Name"] for row in staff_rows]
    status = {"field": "Status", "operator": "is", "value": "Active"}
    found = [
        _workflow(
            1,
            "New client onboarding",
            "client.created",
            [_mail("ET-1", "1d"), {"type": "create_task", "delay": "3d"}],
            owners[0],
        ),
        _workflow(
            2,
            "Session reminder",
            "session.scheduled",
            [_mail("ET-2", "-1d")],
            owners[1],
            [status],
        ),
        _workflow(
            3,
            "Newsletter",
            "tag.added",
            [_mail("ET-4", "0d")],
            owners[2],
            enabled=False,
        ),
    ]
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8"), len(found)
