import logging
import os
import random
import time

from odoo.tests import tagged

from .processes import ProcessCase, fingerprints, wait_for

_logger = logging.getLogger(__name__)

#: Every twentieth contact is in Odoo already: it is merged, and restored one day.
START = """
import csv, io, zipfile
with zipfile.ZipFile(SAMPLES / "practice_export.zip") as archive:
    text = archive.read("contacts.csv").decode("utf-8-sig")
rows = [row for row in csv.DictReader(io.StringIO(text)) if row["Email"]]
env["res.partner"].create(
    [{"name": row["Full Name"], "email": row["Email"]} for row in rows[::20]]
)
project = env["migration.project"].create({"name": "The Practice"})
upload(project, "practice_export.zip")
env.cr.commit()
project.action_stage(background=False)
"""
QUEUE_LOAD = """
project.action_confirm_map()
project.action_confirm_schema()
project.action_apply_schema()
project.action_load()
env.cr.commit()
"""
ROLLBACK = "project.action_rollback(background=False)"
RESUME = "project.action_resume(background=False)"
#: A second run writes into what the first one made: some records get a user.
GIVE_OWNERS = """
mara = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Mara Holm", "login": "mara@example.com", "email": "mara@example.com",
    "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
})
owners = project.owner_ids.filtered("record_count").sorted("record_count")
owners[:2].user_id = mara
project.action_apply_owners(background=False)
"""
#: Two parts of the project, one after the other.
ROLLBACK_OF_A_RUN = """
runs = project.run_ids.filtered(lambda run: run.kind == "owners")
scope = {"kind": "run", "run_ids": runs.ids}
project.action_rollback(background=False, scope=scope)
"""
ROLLBACK_OF_AN_OBJECT = """
scope = {"kind": "objects", "object_ids": project._object("deals").ids}
project.action_rollback(background=False, scope=scope)
"""
#: Many commits, so that there is much to be killed between.
SMALL_BATCHES = """
from odoo.addons.crm_migration.engine.undo import undo
undo.BATCH = 40
"""

#: What two runs of the same source must have in common. Ids and our own time stamps
#: differ, so records are named by their content and by the source's ids.
STAGED = {
    "staged": "SELECT o.name, s.external_id, s.source_line, s.content_hash, s.state,"
    " s.reason_code, s.name_key FROM migration_staged_record s"
    " JOIN migration_object o ON o.id = s.object_id",
    "findings": "SELECT phase, code, source_object, external_id, file, line, field,"
    " value FROM migration_finding",
}
LOADED = STAGED | {
    "crosswalk": "SELECT source_object, external_id, res_model, origin, content_hash"
    " FROM migration_crosswalk",
    "log": "SELECT operation, source_object, external_id, res_model, message"
    " FROM migration_log",
    "partners": "SELECT p.name, p.email, p.street, p.phone, p.active, p.create_date,"
    " up.name, p.x_other_organizations, (SELECT count(*)"
    " FROM res_partner_res_partner_category_rel r WHERE r.partner_id = p.id)"
    " FROM res_partner p LEFT JOIN res_partner up ON up.id = p.parent_id"
    " WHERE p.id NOT IN (SELECT partner_id FROM res_users)",
    "leads": "SELECT l.name, l.active, l.expected_revenue, l.probability,"
    " l.create_date, l.date_closed, p.email, (SELECT count(*)"
    " FROM crm_tag_rel r WHERE r.lead_id = l.id)"
    " FROM crm_lead l LEFT JOIN res_partner p ON p.id = l.partner_id",
    "messages": "SELECT date, subject, regexp_replace(body,"
    " '/web/image/[0-9]+|access_token=[-0-9a-f]+', '', 'g'), model, message_type,"
    " is_internal,"
    " split_part(message_id, '.', 1), (SELECT count(*)"
    " FROM message_attachment_rel r WHERE r.message_id = m.id) FROM mail_message m",
    "attachments": "SELECT name, checksum, file_size, res_model FROM ir_attachment"
    " WHERE res_model <> 'ir.ui.view'",
    "books": "SELECT kind, name, source_count, created_count, merged_count,"
    " excluded_count, failed_count, pending_count, found_count, field_count,"
    " difference_count FROM migration_reconciliation_line",
}
UNDONE = {
    name: LOADED[name]
    for name in ("staged", "crosswalk", "log", "messages", "attachments", "books")
} | {
    "partners": "SELECT name, email FROM res_partner",
    "leads": "SELECT name FROM crm_lead",
    "fates": "SELECT source_object, external_id, res_model, fate, reason, state"
    " FROM migration_rollback_line",
}
FATES = "SELECT DISTINCT fate FROM migration_rollback_line"
#: Of a part that was rolled back, the rest is as it was loaded.
UNDONE_PART = {
    name: LOADED[name]
    for name in ("staged", "crosswalk", "log", "partners", "leads", "messages", "books")
} | {
    "fates": UNDONE["fates"],
    "owners": "SELECT l.name, l.active, u.login FROM crm_lead l"
    " LEFT JOIN res_users u ON u.id = l.user_id",
    "changes": "SELECT link.external_id, values_before::text, values_left::text"
    " FROM migration_change change"
    " JOIN migration_crosswalk link ON link.id = change.crosswalk_id",
}
PROGRESS = (
    "SELECT coalesce(processed, 0), coalesce(total, 0), state FROM migration_run"
    " WHERE kind = %s AND id > %s"
    " ORDER BY id DESC LIMIT 1"
)
#: Seen while a process plans a rollback, which is one transaction.
PLANNING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    " AND query LIKE '%migration_rollback_line%'"
)
OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
)


@tagged("post_install", "-at_install")
class TestKill(ProcessCase):
    """Odoo is killed in the middle of a step and started again.

    Each step has been done once without interruption; the killed one has to end in
    the same place, record by record.
    """

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expected = {}
        reference = cls.new_site("reference")
        reference.run(START + QUEUE_LOAD)
        cls.expected["stage"] = cls.content(reference, STAGED)
        cls.queued = cls.new_site("queued", reference)
        reference.run(RESUME)
        cls.expected["load"] = cls.content(reference, LOADED)
        cls.loaded = cls.new_site("loaded", reference)
        reference.run(ROLLBACK)
        cls.expected["rollback"] = cls.content(reference, UNDONE)
        cls.undone = reference.fingerprint()
        cls.fates = reference.rows(FATES)
        seed = int(os.environ.get("CRM_MIGRATION_SEED") or time.time_ns() % 10**6)
        cls.seed, cls.random = seed, random.Random(seed)
        _logger.info("Random kills: CRM_MIGRATION_SEED=%s", seed)

    @staticmethod
    def content(site, queries):
        """Return ``{name: sorted rows}``."""
        return {
            name: sorted(site.rows(query), key=repr) for name, query in queries.items()
        }

    def kill_at(self, site, process, kind, share, wake=None, delay=0, after=0):
        """SIGKILL the process once it has done a share and is amid the next batch.

        :param delay: seconds that it has left then, so that it dies anywhere
        :param after: the last run that does not count
        """

        def is_there():
            if wake:
                wake()
            processed, total, state = self.progress(site, kind, after)
            self.assertNotEqual(state, "done", "it ended before it could be killed")
            return (
                state == "running"
                and processed >= share * total
                and site.value(OPEN_TRANSACTIONS)
            )

        self.addCleanup(process.stop)
        wait_for(is_there, process, interval=0.1 if wake else 0.005)
        time.sleep(delay)
        process.stop()
        self.assertEqual(process.returncode, -9)

    @staticmethod
    def progress(site, kind, after=0):
        """Return ``(records done, records in all, state)`` of the last run."""
        return (site.rows(PROGRESS, [kind, after]) or [(0, 0, "")])[0]

    def assert_same_end(self, site, kind, queries):
        runs = site.rows("SELECT kind, error FROM migration_run WHERE state <> 'done'")
        self.assertEqual(runs, [])
        found = self.content(site, queries)
        for name, rows in self.expected[kind].items():
            with self.subTest(kind=kind, table=name):
                self.assertEqual(found[name], rows)

    def interrupt(self, site, kind, script, shares):
        """Run a script, kill it at each share of the work, then let it end."""
        for share in shares:
            self.kill_at(site, site.start(script), kind, share)
            script = RESUME
        site.run(script)

    def test_staging_goes_on_after_kills(self):
        site = self.new_site("stage")
        self.interrupt(site, "stage", START, (0.3, 0.7))
        self.assert_same_end(site, "stage", STAGED)

    def test_load_goes_on_after_kills_with_nothing_lost_or_doubled(self):
        site = self.new_site("load", self.queued)
        self.interrupt(site, "load", RESUME, (0, 0.3, 0.6))
        self.assert_same_end(site, "load", LOADED)

    def kill_while_planning(self, site, script):
        """SIGKILL the process in the transaction that makes the plan."""
        process = site.start(script)
        self.addCleanup(process.stop)
        wait_for(lambda: site.value(PLANNING), process)
        time.sleep(self.random.uniform(0, 0.3))
        process.stop()
        self.assertEqual(process.returncode, -9)
        self.assertEqual(self.progress(site, "rollback")[2], "", "it was too late")
        self.assertEqual(site.rows(FATES), [])

    def undo_with_kills(self, site, script, number):
        """Roll back, killed at random points of the work, to the end."""
        script = SMALL_BATCHES + script
        last = site.value("SELECT max(id) FROM migration_run")
        for share in sorted(self.random.uniform(0, 0.9) for _kill in range(number)):
            delay = self.random.uniform(0, 0.08)
            process = site.start(script)
            self.kill_at(site, process, "rollback", share, delay=delay, after=last)
            script = SMALL_BATCHES + RESUME
        site.run(script)

    def assert_same_database(self, expected, site):
        found = fingerprints().differences(expected, site.fingerprint())
        self.assertEqual(found, {}, f"CRM_MIGRATION_SEED={self.seed}")

    def test_rollback_goes_on_after_ten_kills(self):
        self.assertLessEqual({("delete",), ("restore",)}, {*self.fates})
        site = self.new_site("rollback", self.loaded)
        self.kill_while_planning(site, ROLLBACK)
        self.undo_with_kills(site, ROLLBACK, 9)
        self.assert_same_end(site, "rollback", UNDONE)
        self.assert_same_database(self.undone, site)

    def test_rollback_of_a_part_goes_on_after_kills(self):
        site = self.new_site("part", self.loaded)
        site.run(GIVE_OWNERS)
        whole = self.new_site("whole", site)
        before = self.content(whole, UNDONE_PART)
        for script, name, fate in (
            (ROLLBACK_OF_A_RUN, "owners", "revert"),
            (ROLLBACK_OF_AN_OBJECT, "leads", "delete"),
        ):
            with self.subTest(fate=fate):
                whole.run(script)
                self.expected["part"] = self.content(whole, UNDONE_PART)
                self.assertIn((fate,), whole.rows(FATES))
                self.assertNotEqual(self.expected["part"][name], before[name])
                self.undo_with_kills(site, script, 2)
                self.assert_same_end(site, "part", UNDONE_PART)
                self.assert_same_database(whole.fingerprint(), site)

    def test_two_processes_do_not_work_on_one_project(self):
        site = self.new_site("two", self.queued)
        processes = [site.start(RESUME), site.start(RESUME)]
        for process in processes:
            self.addCleanup(process.stop)
        endings = sorted((process.wait(), process.output()) for process in processes)
        self.assertEqual([status for status, _output in endings], [0, 1])
        self.assertIn("Another process works on Full Run", endings[1][1])
        self.assert_same_end(site, "load", LOADED)

    def test_killed_server_goes_on_in_the_background(self):
        site = self.new_site("server", self.queued)
        process, _url = site.serve()
        self.kill_at(site, process, "load", 0.3, site.wake_workers)
        process, _url = site.serve()
        self.addCleanup(process.stop)

        def is_done():
            site.wake_workers()
            return self.progress(site, "verify")[2] == "done"

        wait_for(is_done, process, interval=0.1)
        process.stop()
        self.assert_same_end(site, "load", LOADED)
