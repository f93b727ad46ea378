from odoo.fields import Command

from odoo.addons.crm_migration.engine.undo.inbound import InboundReferences

from .common import table
from .test_rollback import RollbackCommon

#: One migrated contact and one deal for each way in which a person may refer to them.
CONTACTS = (
    "free",
    "followed",
    "following",
    "parent",
    "invited",
    "attending",
    "property",
    "properties",
    "standard",
    "company",
    "reference",
    "default",
    "bank",
    "user",
    "recipient",
    "notified",
    "window",
    "server",
    "table",
    "rated",
    "filed",
    "task",
    "wizard",
    "named",
    "deals",
)
DEALS = ("free", "met", "alias", "planned", "scheduled", "starred", "liked", "viewed")
FILES = {
    "pipeline_stages.csv": table(
        {"Pipeline": "Kept", "Stage": "New", "Order": "1"},
    ),
    "contacts.csv": table(
        *(
            {"Client ID": f"C-{name}", "Full Name": f"Client {name}"}
            for name in CONTACTS
        )
    ),
    "deals.csv": table(
        *(
            {
                "Deal ID": f"D-{name}",
                "Deal Name": f"Deal {name}",
                "Client ID": "C-deals",
                "Pipeline": "Kept",
                "Stage": "New",
                "Status": "Open",
            }
            for name in DEALS
        )
    ),
    "notes.csv": table(
        *(
            {
                "Note ID": f"N-{name}",
                "Deal ID": f"D-{name}",
                "Body": "<p>Text</p>",
                "Created At": "2024-01-01",
            }
            for name in ("starred", "liked", "free")
        )
    ),
    "files.csv": table(
        {"File ID": "F-1", "File Name": "a", "Path": "a.pdf", "Deal ID": "D-viewed"},
    ),
    "a.pdf": b"%PDF-1.4 kept",
}


class TestRollbackReferences(RollbackCommon):
    """Whatever a person linked to a migrated record keeps it, link included."""

    @classmethod
    def setUpClass(cls):
        # not the day of the other tests
        super(RollbackCommon, cls).setUpClass()
        cls._own_fields()
        cls.project = cls.migrated(FILES)
        cls.a_day_passes()
        cls.contacts = {name: cls.contact(name) for name in CONTACTS}
        cls.deals = {
            name: cls.target(cls.project, "deals", f"D-{name}") for name in DEALS
        }
        cls.notes = {
            name: cls.target(cls.project, "notes", f"N-{name}")
            for name in ("starred", "liked", "free")
        }
        cls.file = cls.target(cls.project, "files", "F-1")
        cls.own = cls.env["crm.lead"].create(
            {"name": "Our own business", "user_id": cls.ana.id}
        )
        cls.links = {}
        cls._people_link()
        cls.env.flush_all()
        cls.undo()

    @classmethod
    def _own_fields(cls):
        """Fields of the installation: a link by company, and one to any record."""
        model = cls.env["ir.model"]._get_id("crm.lead")
        cls.env["ir.model.fields"].create(
            [
                {
                    "model_id": model,
                    "name": "x_partner_by_company",
                    "ttype": "many2one",
                    "relation": "res.partner",
                    "company_dependent": True,
                },
                {
                    "model_id": model,
                    "name": "x_about",
                    "ttype": "reference",
                    "selection_ids": [
                        Command.create({"value": "res.partner", "name": "Contact"})
                    ],
                },
            ]
        )
        # left behind by a module that is no longer installed
        cls.env.cr.execute(
            "CREATE TABLE left_behind (partner_id int"
            " REFERENCES res_partner ON DELETE CASCADE)"
        )

    @classmethod
    def linked(cls, name, link, reason, source_object="contacts"):
        """Remember a link, as what reads it, and what the plan should say of it."""
        letter = {"contacts": "C", "deals": "D", "notes": "N", "files": "F"}
        cls.links[source_object, f"{letter[source_object]}-{name}"] = (link, reason)

    @classmethod
    def refers(cls, name, record, field, what, source_object="contacts"):
        """Remember a record of a person that names a migrated one in a field."""
        target = cls.target(
            cls.project,
            source_object,
            f"{'C' if source_object == 'contacts' else 'D'}-{name}",
        )
        cls.linked(
            name,
            lambda: target.id in record[field].ids,
            f"{what} no. {record.id} refers to it.",
            source_object,
        )

    @classmethod
    def _people_link(cls):
        cls._link_people()
        cls._link_settings()
        cls._link_work()
        cls._link_by_properties()
        cls._link_deals()
        cls._link_messages()
        # from now on every new deal has it
        cls.env["ir.default"].set("crm.lead", "partner_id", cls.contacts["default"].id)
        cls.linked(
            "default",
            lambda: cls.env["ir.default"]._get("crm.lead", "partner_id")
            == cls.contacts["default"].id,
            "Default Values",
        )

    @classmethod
    def _link_people(cls):
        """Followers, colleagues, meetings, and fields of leads."""
        contacts, env, ana = cls.contacts, cls.env, cls.ana.partner_id
        contacts["followed"].message_subscribe(ana.ids)
        cls.linked(
            "followed",
            lambda: ana in contacts["followed"].message_partner_ids,
            "Ana Ruiz follows it.",
        )
        cls.own.message_subscribe(contacts["following"].ids)
        cls.linked(
            "following",
            lambda: contacts["following"] in cls.own.message_partner_ids,
            f"It follows Lead no. {cls.own.id}.",
        )
        child = env["res.partner"].create(
            {"name": "A colleague", "parent_id": contacts["parent"].id}
        )
        cls.refers("parent", child, "parent_id", "Contact")
        event = env["calendar.event"].create(
            {
                "name": "A meeting",
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "partner_ids": [Command.link(contacts["invited"].id)],
            }
        )
        cls.linked(
            "invited", lambda: contacts["invited"] in event.partner_ids, "Calendar"
        )
        attendee = env["calendar.attendee"].create(
            {"event_id": event.id, "partner_id": contacts["attending"].id}
        )
        cls.refers("attending", attendee, "partner_id", "Calendar Attendee Information")
        cls.own.x_partner_by_company = contacts["company"]
        cls.refers("company", cls.own, "x_partner_by_company", "Lead")
        cls.own.x_about = f"res.partner,{contacts['reference'].id}"
        cls.linked(
            "reference",
            lambda: cls.own.x_about == contacts["reference"],
            f"Lead no. {cls.own.id} refers to it.",
        )

    @classmethod
    def _link_settings(cls):
        """Accounts, users, actions, and a table that no model knows."""
        contacts, env = cls.contacts, cls.env
        bank = env["res.partner.bank"].create(
            {"acc_number": "1", "partner_id": contacts["bank"].id}
        )
        cls.refers("bank", bank, "partner_id", "Bank Accounts")
        user = env["res.users"].create(
            {"login": "client", "partner_id": contacts["user"].id}
        )
        # a user is a member of channels as well
        cls.linked(
            "user",
            lambda: user.partner_id == contacts["user"].exists(),
            "refers to it.",
        )
        window = env["ir.actions.act_window"].create(
            {"name": "A", "res_model": "res.partner", "res_id": contacts["window"].id}
        )
        cls.linked(
            "window",
            lambda: window.res_id == contacts["window"].exists().id,
            f"Action Window no. {window.id} refers to it.",
        )
        server = env["ir.actions.server"].create(
            {
                "name": "Copy",
                "model_id": env["ir.model"]._get_id("res.partner"),
                "state": "object_copy",
                "crud_model_id": env["ir.model"]._get_id("res.partner"),
                "resource_ref": f"res.partner,{contacts['server'].id}",
            }
        )
        cls.refers("server", server, "resource_ref", "Server Action")
        env.cr.execute("INSERT INTO left_behind VALUES (%s)", [contacts["table"].id])
        cls.linked("table", cls._left_behind, "the table left_behind refers to it.")

    @classmethod
    def _link_work(cls):
        """Ratings, papers, tasks, and what is nobody's work."""
        contacts, env = cls.contacts, cls.env
        rating = env["rating.rating"].create(
            {
                "res_model_id": env["ir.model"]._get_id("res.partner"),
                "res_id": contacts["rated"].id,
            }
        )
        cls.linked(
            "rated",
            lambda: rating.res_id == contacts["rated"].exists().id,
            f"Rating no. {rating.id} refers to it.",
        )
        paper = env["ir.attachment"].create(
            {
                "name": "paper.txt",
                "raw": b"ours",
                "res_model": "res.partner",
                "res_id": contacts["filed"].id,
            }
        )
        cls.linked(
            "filed",
            lambda: paper.res_id == contacts["filed"].exists().id,
            f"Attachment no. {paper.id} refers to it.",
        )
        task = env["project.task"].create(
            {"name": "Our own task", "partner_id": contacts["task"].id}
        )
        cls.refers("task", task, "partner_id", "Task")
        # neither of these is anybody's work
        env["base.partner.merge.automatic.wizard"].create(
            {
                "dst_partner_id": contacts["wizard"].id,
                "partner_ids": [Command.set(contacts["wizard"].ids)],
            }
        )
        env["ir.model.data"].create(
            {
                "module": "__export__",
                "name": "named_for_export",
                "model": "res.partner",
                "res_id": contacts["named"].id,
            }
        )

    @classmethod
    def _left_behind(cls):
        cls.env.cr.execute("SELECT partner_id FROM left_behind")
        return cls.env.cr.fetchall() == [(cls.contacts["table"].id,)]

    @classmethod
    def _link_by_properties(cls):
        """Fields that people defined on their team; one of them has a default."""
        link = {"type": "many2one", "comodel": "res.partner"}
        team = cls.env["crm.team"].create(
            {
                "name": "Own Team",
                "lead_properties_definition": [
                    {"name": "one", "string": "Notary", **link},
                    {
                        "name": "standard",
                        "string": "Bank",
                        "default": cls.contacts["standard"].id,
                        **link,
                    },
                    {
                        "name": "many",
                        "string": "Advisers",
                        "type": "many2many",
                        "comodel": "res.partner",
                    },
                    {"name": "number", "string": "Number", "type": "integer"},
                ],
            }
        )
        lead = cls.env["crm.lead"].create(
            {
                "name": "Business with properties",
                "team_id": team.id,
                "lead_properties": {
                    "one": cls.contacts["property"].id,
                    "standard": False,
                    "many": cls.contacts["properties"].ids,
                    # a number is no reference
                    "number": cls.contacts["free"].id,
                },
            }
        )
        for name, key in (("property", "one"), ("properties", "many")):
            cls.linked(
                name,
                lambda name=name, key=key: cls.contacts[name].id
                in {*cls._property(lead, key)},
                f"Lead no. {lead.id} refers to it.",
            )
        cls.linked(
            "standard",
            lambda: team.lead_properties_definition[1]["default"]
            in (cls.contacts["standard"].id, [cls.contacts["standard"].id]),
            f"Sales Team no. {team.id} refers to it.",
        )

    @classmethod
    def _property(cls, lead, key):
        """Return the ids of the existing records that a property names."""
        for entry in lead.read(["lead_properties"])[0]["lead_properties"]:
            if entry["name"] == key:
                value = entry["value"]
                pairs = [value] if entry["type"] == "many2one" else value
                return [pair[0] for pair in pairs or ()]
        return []

    @classmethod
    def _link_deals(cls):
        deals, env = cls.deals, cls.env
        event = env["calendar.event"].create(
            {
                "name": "On the deal",
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "opportunity_id": deals["met"].id,
            }
        )
        cls.refers("met", event, "opportunity_id", "Calendar Event", "deals")
        alias = env["mail.alias"].create(
            {
                "alias_name": "one-deal",
                "alias_model_id": env["ir.model"]._get_id("crm.lead"),
                "alias_force_thread_id": deals["alias"].id,
            }
        )
        cls.linked(
            "alias",
            lambda: alias.alias_force_thread_id == deals["alias"].exists().id,
            f"Email Aliases no. {alias.id} refers to it.",
            "deals",
        )
        activity = deals["planned"].activity_schedule(
            "mail.mail_activity_data_todo", user_id=cls.ana.id
        )
        cls.linked(
            "planned",
            lambda: activity.res_id == deals["planned"].exists().id,
            f"Activity no. {activity.id} refers to it.",
            "deals",
        )
        message = env["mail.scheduled.message"].create(
            {
                "model": "crm.lead",
                "res_id": deals["scheduled"].id,
                "scheduled_date": "2100-01-01 00:00:00",
                "author_id": cls.ana.partner_id.id,
                "body": "Later",
            }
        )
        cls.linked(
            "scheduled",
            lambda: message.res_id == deals["scheduled"].exists().id,
            f"Scheduled Message no. {message.id} refers to it.",
            "deals",
        )

    @classmethod
    def _link_messages(cls):
        contacts, env = cls.contacts, cls.env
        sent = cls.own.with_user(cls.ana).message_post(
            body="Good news", partner_ids=contacts["recipient"].ids
        )
        # the mail to be sent refers to the contact as well
        cls.refers_message("recipient", sent, "partner_ids", "refers to it.")
        told = cls.own.with_user(cls.ana).message_post(body="To be told")
        env["mail.notification"].create(
            {
                "mail_message_id": told.id,
                "res_partner_id": contacts["notified"].id,
                "notification_type": "email",
            }
        )
        cls.refers_message("notified", told, "notified_partner_ids")
        starred = cls.notes["starred"]
        admin = env.ref("base.user_admin").partner_id
        starred.starred_partner_ids = admin
        cls.linked(
            "starred",
            lambda: admin in starred.starred_partner_ids,
            f"Contact no. {admin.id} refers to it.",
            "notes",
        )
        reaction = env["mail.message.reaction"].create(
            {
                "message_id": cls.notes["liked"].id,
                "content": "+",
                "partner_id": cls.ana.partner_id.id,
            }
        )
        cls.linked(
            "liked",
            lambda: reaction.message_id == cls.notes["liked"].exists(),
            f"Message Reaction no. {reaction.id} refers to it.",
            "notes",
        )
        # looking at a file makes a thumbnail of it
        env["ir.attachment"].create(
            {
                "name": "thumbnail",
                "raw": b"ours",
                "res_model": "ir.attachment",
                "res_field": "thumbnail",
                "res_id": cls.file.id,
            }
        )

    @classmethod
    def refers_message(cls, name, message, field, reason=""):
        cls.linked(
            name,
            lambda: cls.contacts[name] in message[field],
            reason or f"Message no. {message.id} refers to it.",
        )

    def test_each_record_that_a_person_linked_is_kept_with_its_reason(self):
        lines = {
            (line.source_object, line.external_id): line
            for line in self.project.rollback_line_ids
        }
        wrong = {
            external_id: (lines[place].fate, lines[place].reason, reason)
            for place, (_link, reason) in self.links.items()
            if lines[place].fate != "keep_referenced"
            or reason not in lines[place].reason
            for external_id in place[1:]
        }
        self.assertEqual(wrong, {})

    def test_each_link_is_as_the_person_left_it(self):
        lost = [place for place, (link, _reason) in self.links.items() if not link()]
        self.assertEqual(lost, [])

    def test_what_hangs_on_a_kept_record_is_kept(self):
        self.assertFate("deals", "D-starred", "keep_referenced", "Message")
        self.assertFate("contacts", "C-deals", "keep_referenced", "Lead")

    def test_what_nobody_linked_is_gone(self):
        for source_object, external_id in (
            ("contacts", "C-free"),
            ("deals", "D-free"),
            ("notes", "N-free"),
        ):
            self.assertFate(source_object, external_id, "delete")

    def test_wizards_names_for_export_and_thumbnails_are_no_reason(self):
        for source_object, external_id in (
            ("contacts", "C-wizard"),
            ("contacts", "C-named"),
            ("files", "F-1"),
            ("deals", "D-viewed"),
        ):
            with self.subTest(record=external_id):
                self.assertFate(source_object, external_id, "delete")

    def test_many_records_are_asked_for_at_once(self):
        few = self.env["res.partner"].create([{"name": "A"}])
        many = self.env["res.partner"].create([{"name": "B"}] * 100)
        self.env.flush_all()
        inbound = InboundReferences(self.project)
        # what is looked up once is looked up
        inbound.find("res.partner", few.ids)
        before = self.cr.sql_log_count
        inbound.find("res.partner", few.ids)
        needed = self.cr.sql_log_count - before
        with self.assertQueryCount(needed):
            inbound.find("res.partner", many.ids)
