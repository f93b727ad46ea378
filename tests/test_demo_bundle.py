import base64
import csv
import hashlib
import io
import json
import zipfile
from collections import Counter, defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.tests import tagged

from .common import MigrationCommon
from .processes import SAMPLES

BUNDLE = "practice_export.zip"
#: Who of the source's staff has an Odoo user; the others' records go to the fallback.
USERS = {
    "user1_dafb969d@example.com": "Ana Ruiz",
    "user2_dafb969d@example.com": "Ravi Menon",
    "naomi.castellanos@example.com": "Naomi Castellanos",
}
#: Tables that a migration must leave alone.
UNTOUCHED = [
    "mail.mail",
    "mail.notification",
    "mail.followers",
    "mail.tracking.value",
    "crm.lead.scoring.frequency",
    "res.users",
    "calendar.event",
]
#: Tables whose rows become, or are bound to, records in Odoo.
LANDED = (
    "staff.csv",
    "pipeline_stages.csv",
    "organizations.csv",
    "contacts.csv",
    "organization_members.csv",
    "deals.csv",
    "notes.csv",
    "files.csv",
    "tasks.csv",
)
FILLED = {
    "Department": "x_department",
    "Session Rate": "x_session_rate",
    "Therapy Modality": "x_therapy_modality",
    "Company (typed)": "x_company_typed",
}


def is_told(task):
    """Return whether the chatter of a record tells that a task was done."""
    home = task["Client ID"] or task["Client Email"] or task["Deal ID"]
    return bool(home and task["Status"] == "Completed")


@tagged("post_install", "-at_install")
class TestDemoBundle(MigrationCommon):
    """The sample export in Odoo, held against what its source says of itself.

    ``truth.json`` was counted at the source. Here Odoo is read as any other program
    would read it; only the crosswalk says which record is whose.
    """

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.truth = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
        with zipfile.ZipFile(SAMPLES / BUNDLE) as archive:
            cls.rows = {
                name: list(
                    csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))
                )
                for name in archive.namelist()
                if name.endswith(".csv") and "/" not in name
            }
        cls.users = {login: cls.make_user(name, login) for login, name in USERS.items()}
        cls.before = cls.counts()
        content = base64.b64encode((SAMPLES / BUNDLE).read_bytes()).decode()
        cls.project = cls.make_project({})
        cls.project.add_file(BUNDLE, content)
        cls.project.action_stage(background=False)
        cls.is_confirmed = cls.project.action_confirm_map()
        cls.load(cls.apply_schema(cls.project))

    @classmethod
    def counts(cls):
        models = ("res.partner", "crm.lead", "mail.message", "mail.activity")
        models += tuple(UNTOUCHED)
        return {
            model: cls.env[model].with_context(active_test=False).search_count([])
            for model in models
        }

    @classmethod
    def made(cls, name):
        """Return ``{external id: Odoo record}`` of one source object."""
        links = cls.env["migration.crosswalk"].search(
            [("project_id", "=", cls.project.id), ("source_object", "=", name)]
        )
        return {
            link.external_id: cls.env[link.res_model].browse(link.res_id)
            for link in links
        }

    def tags(self, records, field):
        return dict(Counter(tag.name for record in records for tag in record[field]))

    def utc(self, text):
        """Return the moment the source wrote down in its own zone."""
        local = datetime.strptime(text, "%m/%d/%Y %I:%M %p")
        zone = ZoneInfo("America/New_York")
        return (
            local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        )

    # -- the whole ----------------------------------------------------------------

    def test_the_proposed_map_needs_no_correction(self):
        self.assertIs(self.is_confirmed, True)

    def test_every_row_is_staged(self):
        staged = Counter()
        for obj in self.project.object_ids:
            staged[obj.source_files] += obj.staged_count
        # the answers of a submission are one record
        submissions = {"form_responses.csv": self.truth["form_submissions"]}
        self.assertEqual(staged, self.truth["rows"] | submissions)

    def test_odoo_has_as_many_records_as_the_source(self):
        rows = self.truth["rows"]
        after = self.counts()
        grown = {model: after[model] - self.before[model] for model in after}
        self.assertEqual(
            grown["res.partner"], rows["contacts.csv"] + rows["organizations.csv"]
        )
        self.assertEqual(grown["crm.lead"], rows["deals.csv"])
        self.assertEqual(grown["mail.activity"], rows["tasks.csv"])
        told = [row for row in self.rows["tasks.csv"] if is_told(row)]
        self.assertEqual(grown["mail.message"], rows["notes.csv"] + len(told))
        for model in UNTOUCHED:
            with self.subTest(model=model):
                self.assertEqual(grown[model], 0)

    def test_the_books_balance(self):
        books = self.project.get_reconciliation()
        self.assertTrue(books["is_balanced"])
        failed = self.env["migration.staged.record"].search(
            [("project_id", "=", self.project.id), ("state", "=", "failed")]
        )
        paths = [record.payload["Path"] for record in failed]
        self.assertEqual(paths, self.truth["files"]["missing"])
        landed = sum(self.truth["rows"][name] for name in LANDED)
        self.assertAlmostEqual(
            books["completeness"], 100 * (landed - 1) / landed, places=2
        )

    def test_tasks_are_activities_of_their_users(self):
        made = self.made("tasks")
        types = {
            word: self.env.ref(
                f"mail.mail_activity_data_{word.lower().replace('-', '')}"
            )
            for word in ("Call", "Meeting", "Email", "To-do")
        }
        for row in self.rows["tasks.csv"]:
            activity = made[row["Task ID"]]
            due = datetime.strptime(row["Due Date"][:10], "%m/%d/%Y").date()
            self.assertEqual(activity.date_deadline, due, row["Task ID"])
            self.assertEqual(activity.activity_type_id, types[row["Type"]])
            self.assertEqual(activity.active, row["Status"] != "Completed")
            if row["Completed At"]:
                day = datetime.strptime(row["Completed At"][:10], "%m/%d/%Y").date()
                self.assertEqual(activity.date_done, day)
            home = "deals" if row["Deal ID"] else "contacts"
            key = row["Deal ID"] or row["Client ID"]
            if key:
                record = self.made(home)[key]
                self.assertEqual(
                    (activity.res_model, activity.res_id), (record._name, record.id)
                )
            elif not row["Client Email"]:
                self.assertFalse(activity.res_model)

    # -- object by object ------------------------------------------------------------

    def test_organizations(self):
        made = self.made("organizations")
        truth = self.truth["organizations"]
        kinds = Counter(
            "Organization" if partner.is_company else "Family"
            for partner in made.values()
        )
        self.assertEqual(dict(kinds), truth["types"])
        for row in self.rows["organizations.csv"]:
            partner = made[row["Organization ID"]]
            self.assertEqual(partner.name, row["Organization Name"])
            self.assertEqual(partner.zip or "", row["Zip"])
            self.assertEqual(partner.industry_id.name or "", row["Industry"])
            self.assertEqual(partner.create_date, self.utc(row["Created At"]))

    def test_contacts_stand_with_their_organization(self):
        made, truth = self.made("contacts"), self.truth["organizations"]
        names = {org: ident for ident, org in self.made("organizations").items()}
        homes = [names.get(person.parent_id) for person in made.values()]
        self.assertEqual(len(homes), self.truth["rows"]["contacts.csv"])
        self.assertEqual(homes.count(None), truth["contacts_without_organization"])
        found = Counter(filter(None, homes))
        self.assertEqual(dict(found), truth["contacts_per_organization"])
        for row in self.rows["organization_members.csv"]:
            person = made[row["Client ID"]]
            if row["Organization ID"] != names.get(person.parent_id):
                self.assertIn(row["Organization Name"], person.x_other_organizations)

    def expected_tags(self):
        """Count the tags of contacts: own, of organizations, of groups."""
        organizations = {}
        for row in self.rows["organizations.csv"]:
            for key in (row["Organization ID"], row["Organization Name"]):
                organizations[key] = set(filter(None, row["Tags"].split("; ")))
        by_email = {
            row["Email"].lower(): row["Client ID"] for row in self.rows["contacts.csv"]
        }
        tags = {}
        for row in self.rows["contacts.csv"]:
            own = f"{row['Tags']}; {row['Groups']}".split("; ")
            tags[row["Client ID"]] = {*filter(None, own)}
            tags[row["Client ID"]] |= organizations.get(row["Organization"], set())
        for row in self.rows["organization_members.csv"]:
            client = row["Client ID"] or by_email[row["Client Email"].lower()]
            tags[client] |= organizations[row["Organization ID"]]
        for row in self.rows["contact_groups.csv"]:
            client = row["Client ID"] or by_email[row["Client Email"].lower()]
            tags[client].add(row["Group Name"])
        return dict(Counter(tag for words in tags.values() for tag in words))

    def test_contacts_keep_their_data(self):
        made, truth = self.made("contacts"), self.truth["contacts"]
        people = list(made.values())
        self.assertEqual(
            len({person.email.lower() for person in people}), truth["distinct_emails"]
        )
        self.assertEqual(self.tags(people, "category_id"), self.expected_tags())
        self.assertEqual(
            dict(Counter(person.x_client_status for person in people)), truth["status"]
        )
        for label, field in FILLED.items():
            with self.subTest(field=label):
                filled = sum(bool(person[field]) for person in people)
                self.assertEqual(filled, truth["custom_values"][label])
        refuse = Counter("Yes" if p.x_do_not_call else "No" for p in people)
        self.assertEqual(dict(refuse), truth["do_not_call"])
        for row in self.rows["contacts.csv"]:
            person = made[row["Client ID"]]
            self.assertEqual(person.name, row["Full Name"])
            self.assertEqual(person.function or "", row["Job Title"])
            self.assertEqual(person.create_date, self.utc(row["Created At"]))

    def test_deals_stand_in_their_pipeline_and_stage(self):
        deals, truth = self.made("deals").values(), self.truth["deals"]
        places = Counter(
            f"{deal.team_id.name} / {deal.stage_id.name}" for deal in deals
        )
        self.assertEqual(dict(places), truth["stage"])

    def test_deals_are_open_won_or_lost_with_their_money(self):
        deals, truth = self.made("deals").values(), self.truth["deals"]
        words = {"pending": "Open", "won": "Won", "lost": "Lost"}
        status, money = Counter(), defaultdict(float)
        for deal in deals:
            word = words[deal.won_status]
            status[word] += 1
            money[word] += deal.expected_revenue
        self.assertEqual(dict(status), truth["status"])
        found = {word: f"{total:.2f}" for word, total in money.items()}
        self.assertEqual(found, truth["value_per_status"])
        self.assertEqual(f"{sum(money.values()):.2f}", truth["value"]["USD"])

    def test_deals_keep_their_data(self):
        made, truth = self.made("deals"), self.truth["deals"]
        deals = list(made.values())
        reasons = Counter(d.lost_reason_id.name for d in deals if d.lost_reason_id)
        self.assertEqual(dict(reasons), truth["lost_reason"])
        self.assertEqual(self.tags(deals, "tag_ids"), truth["tags"])
        people = set(self.made("contacts").values())
        self.assertEqual(
            sum(deal.partner_id in people for deal in deals), truth["with_client"]
        )
        for row in self.rows["deals.csv"]:
            deal = made[row["Deal ID"]]
            self.assertEqual(deal.name, row["Deal Name"])
            self.assertEqual(deal.create_date, self.utc(row["Created At"]))
            if row["Closed At"]:
                self.assertEqual(deal.date_closed, self.utc(row["Closed At"]))

    def test_records_belong_to_whom_the_source_says(self):
        truth = self.truth["owners"]
        for name, field in (("contacts", "contacts_first_coach"), ("deals", "deals")):
            expected = Counter()
            for email, number in truth[field].items():
                user = self.users.get(email.lower(), self.fallback)
                expected[user.login] += number
            found = Counter(made.user_id.login for made in self.made(name).values())
            unowned = self.truth["rows"][f"{name}.csv"] - sum(truth[field].values())
            expected[self.fallback.login] += unowned
            with self.subTest(object=name):
                self.assertEqual(found, expected)

    def test_notes_stand_in_the_chatter_with_their_own_date(self):
        made, truth = self.made("notes"), self.truth["notes"]
        kinds, models = Counter(), Counter()
        for row in self.rows["notes.csv"]:
            note = made[row["Note ID"]]
            models[note.model] += 1
            kinds[row["Type"], "Private" if note.is_internal else "Shared"] += 1
            self.assertEqual(note.date, self.utc(row["Created At"]))
            self.assertEqual(note.subject or "", row["Title"])
            self.assertEqual(note.message_type == "email", row["Type"] == "Email")
            if row["Type"] not in ("Email", "Note"):
                self.assertIn(f"<b>{row['Type']}", note.body)
        found = {f"{kind} / {seen}": number for (kind, seen), number in kinds.items()}
        self.assertEqual(found, truth["type_and_visibility"])
        self.assertEqual(models["crm.lead"], truth["on_deal"])
        self.assertEqual(models["res.partner"], truth["on_contact_only"])

    def test_notes_name_their_author(self):
        names = {user.partner_id: email for email, user in self.users.items()}
        staff = {
            name: email.lower() for email, name in self.truth["owners"]["staff"].items()
        }
        found = Counter()
        for note in self.made("notes").values():
            written_by = next((n for n in staff if n in note.email_from), None)
            found[names.get(note.author_id) or staff[written_by]] += 1
        expected = {
            email.lower(): number
            for email, number in self.truth["notes"]["author"].items()
        }
        self.assertEqual(dict(found), expected)

    def test_the_chatter_stands_in_order(self):
        for records in (self.made("deals"), self.made("contacts")):
            for record in records.values():
                dates = record.message_ids.sorted("id").mapped("date")
                self.assertEqual(dates, sorted(dates))

    def test_files_are_the_same_byte_for_byte(self):
        made, truth = self.made("files"), self.truth["files"]
        found, urls = {}, 0
        for row in self.rows["files.csv"]:
            file = made.get(row["File ID"])
            if file and file.type == "binary":
                content = file.raw or b""
                found[row["Path"]] = {
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                }
                self.assertEqual(file.name, row["File Name"])
                self.assertFalse(file.public)
            elif file:
                urls += 1
                self.assertEqual(file.url, row["URL"])
        self.assertEqual(found, truth["binaries"])
        self.assertEqual(urls, truth["url_only"])
        homes = Counter(file.res_model for file in made.values())
        notes = [n for n in self.made("notes").values() if n.attachment_ids]
        listed = {file.id for file in made.values()}
        with_file = [n for n in notes if listed & set(n.attachment_ids.ids)]
        self.assertEqual(len(with_file), self.truth["notes"]["with_attachments"])
        self.assertGreaterEqual(homes["crm.lead"], truth["on_deal"])
