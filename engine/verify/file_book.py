"""Files by content: those that lie in the filestore with their checksum."""

from ..stage.filestore import FileStore


class FileBook:
    """Reads stored files back; a light read-back only those that may have changed.

    What was not whole is kept in the cursor of the run, for the next light one.
    """

    def __init__(self, engine):
        self.env = engine.env
        self.project = engine.project
        self.run = engine.run
        self._store = FileStore(engine.env)
        before = self.run.browse((self.run.cursor or {}).get("since", 0))
        known = (before.cursor or {}).get("broken_files")
        #: the read-back that this one adds to; none where it did not note its files
        self._before = before if known is not None else before.browse()
        self._known = set(known or ())

    def count(self, obj):
        """Return ``(files with content, those that are whole)`` of an object."""
        links = self.env["migration.crosswalk"].search_fetch(
            [("project_id", "=", self.project.id), ("source_object", "=", obj.name)],
            ["res_id", "run_id"],
        )
        files = self.env["ir.attachment"].browse(links.mapped("res_id")).exists()
        stored = files.filtered(lambda file: file.type == "binary")
        looked_at = self._changed(stored, links) if self._before else stored
        broken = [file.id for file in looked_at if not self._store.is_whole(file)]
        noted = (self.run.cursor or {}).get("broken_files", [])
        self.run.cursor = (self.run.cursor or {}) | {"broken_files": noted + broken}
        return len(stored), len(stored) - len(broken)

    def _changed(self, files, links):
        """Return the files that were written, or found broken, since that time."""
        ours = {link.res_id for link in links if link.run_id.id > self._before.id}
        return files.filtered(
            lambda file: (
                file.id in ours
                or file.id in self._known
                or file.write_date >= self._before.date_started
            )
        )
