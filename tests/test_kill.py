from odoo.tests import tagged

from .processes import ProcessCase, wait_for

START = """
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
PROGRESS = (
    "SELECT coalesce(processed, 0), coalesce(total, 0), state FROM migration_run"
    " WHERE kind = %s"
    " ORDER BY id DESC LIMIT 1"
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

    @staticmethod
    def content(site, queries):
        """Return ``{name: sorted rows}``."""
        return {
            name: sorted(site.rows(query), key=repr) for name, query in queries.items()
        }

    def kill_at(self, site, process, kind, share, wake=None):
        """SIGKILL the process once it has done a share and is amid the next batch."""

        def is_there():
            if wake:
                wake()
            processed, total, state = (site.rows(PROGRESS, [kind]) or [(0, 0, "")])[0]
            self.assertNotEqual(state, "done", "it ended before it could be killed")
            return (
                state == "running"
                and processed >= share * total
                and site.value(OPEN_TRANSACTIONS)
            )

        self.addCleanup(process.stop)
        wait_for(is_there, process, interval=0.1 if wake else 0.005)
        process.stop()
        self.assertEqual(process.returncode, -9)

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

    def test_rollback_goes_on_after_kills(self):
        site = self.new_site("rollback", self.loaded)
        self.interrupt(site, "rollback", ROLLBACK, (0.1, 0.6))
        self.assert_same_end(site, "rollback", UNDONE)

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
            return site.rows(PROGRESS, ["verify"])[0][2] == "done"

        wait_for(is_done, process, interval=0.1)
        process.stop()
        self.assert_same_end(site, "load", LOADED)
