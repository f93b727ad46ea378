"""Who stands above whom, and who was merged into whom, among one object's records."""

from functools import cached_property
from typing import NamedTuple

from odoo.tools import SQL

from ...tools.converters import to_text
from ..keys import clean_id, key_of
from ..map.pipelines import lines_by_target


class Kin(NamedTuple):
    """One staged record: its id, kind, and what it says of parent and survivor."""

    id: int
    external_id: str
    kind: str
    parent: str
    merged: str
    is_excluded: bool


class Kinship:
    """References of an object's records to each other, read in one query.

    They are found as :class:`~..map.references.ReferenceTransform` finds them: by id,
    by a name that one record has, by e-mail.
    """

    def __init__(self, obj):
        self.object = obj
        self.env = obj.env
        self._lines = lines_by_target(obj)
        self._own = {}

    def line(self, target_field):
        """Return the mapping line that fills ``target_field``, or None."""
        return self._lines.get(target_field)

    def is_own(self, target_field):
        """Return whether that line refers to records of this same object."""
        if target_field not in self._own:
            # asked for every record, while the map stays as it is
            self._own[target_field] = self._is_own(target_field)
        return self._own[target_field]

    def _is_own(self, target_field):
        line = self.line(target_field)
        if not line or line.transform != "reference":
            return False
        spec = self.object._spec().get("fields", {}).get(line.canonical_field, {})
        return spec.get("object") == self.object.name

    @cached_property
    def rows(self):
        """Return ``{staged id: Kin}``, repeated rows left out."""
        names = [
            line.source_field if (line := self.line(target)) else ""
            for target in ("_type", "parent_id", "_merged_into")
        ]
        found = self.env.execute_query(
            SQL(
                "SELECT id, external_id, %s, state = 'excluded'"
                " FROM migration_staged_record WHERE object_id = %s"
                " AND COALESCE(reason_code, '') NOT IN ('duplicate_id', 'repeated')"
                " ORDER BY id",
                SQL(", ").join(SQL("COALESCE(payload ->> %s, '')", n) for n in names),
                self.object.id,
            )
        )
        return {row[0]: Kin(*row) for row in found}

    @cached_property
    def _by_id(self):
        return {kin.external_id: kin for kin in self.rows.values()}

    @cached_property
    def _by_word(self):
        """Names and e-mails that are used instead of ids, to the records they mean."""
        words = set()
        if self.is_own("parent_id"):
            words |= {kin.parent for kin in self.rows.values()}
        if self.is_own("_merged_into"):
            words |= {kin.merged for kin in self.rows.values()}
        return self._find(words - {""})

    def _find(self, words):
        """Return ``{word: Kin}`` for words that are no id but one record's name."""
        words = {word for word in words if clean_id(word) not in self._by_id}
        if not words:
            return {}
        index = {}
        for res_id, name, email in self.env.execute_query(
            SQL(
                "SELECT id, name_key, email_key FROM migration_staged_record"
                " WHERE object_id = %s AND (name_key = ANY(%s) OR email_key = ANY(%s))",
                self.object.id,
                [key_of(word) for word in words],
                [word.lower() for word in words],
            )
        ):
            index.setdefault(("name", name), set()).add(res_id)
            index.setdefault(("email", email), set()).add(res_id)
        result = {}
        for word in words:
            ids = index.get(("name", key_of(word))) or index.get(
                ("email", word.lower()), set()
            )
            if len(ids) == 1:
                result[word] = self.rows.get(next(iter(ids)))
        return result

    def find(self, texts):
        """Return the records that ``texts`` mean, by id, name or e-mail."""
        words = self._find(texts)
        found = (self._by_id.get(clean_id(t)) or words.get(t) for t in texts)
        return [kin for kin in found if kin]

    def _resolve(self, text):
        text = to_text(text)
        if not text:
            return None
        return self._by_id.get(clean_id(text)) or self._by_word.get(text)

    def survivor(self, kin):
        """Return what a record was merged into in the end: itself if it was not."""
        return self.last_of_merges(kin) or kin

    def last_of_merges(self, kin):
        """Return where a record's merges end, None without one.

        Merges that go round in a circle leave everybody what they are.
        """
        if not self.is_own("_merged_into"):
            return None
        seen, last = {kin.id}, kin
        while found := self._resolve(last.merged):
            if found.id in seen:
                return kin
            seen.add(found.id)
            last = found
        return last if last is not kin else None

    def parent(self, kin):
        """Return the record above, merges followed; None if it is not listed."""
        if not self.is_own("parent_id"):
            return None
        found = self._resolve(kin.parent)
        return self.survivor(found) if found else None
