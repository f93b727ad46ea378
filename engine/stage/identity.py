"""Who a raw record is: its own id, its name, its e-mail."""

from ...tools.fingerprint import derived_id, normalise_header
from ..keys import LONGEST_ID, LONGEST_KEY, clean_id


class Identity:
    """Where a record's own identity, name and e-mail stand in its raw fields."""

    def __init__(self, names, preset, obj_name, spec):
        self._headers = {}
        for name in names:
            self._headers.setdefault(normalise_header(name), name)
        self._preset, self._object = preset, obj_name
        self._ids = [self._parts(text) for text in spec.get("id", [])]
        self._names = [self._parts(text) for text in spec.get("name_fields", [])]
        self._derived = [self._header(field) for field in spec.get("derived_id", [])]
        self._email = self._header(spec.get("email_field", "Email"))

    def _parts(self, text):
        return [self._header(part) for part in text.split("+")]

    def _header(self, canonical):
        known = canonical in self._preset.spec(self._object)["fields"]
        aliases = (
            self._preset.aliases(self._object, canonical)
            if known
            else [normalise_header(canonical)]
        )
        found = (self._headers.get(alias) for alias in aliases)
        return next((header for header in found if header), None)

    def of(self, raw):
        """Return ``(external id, name, e-mail)`` of a :class:`RawRecord`.

        The id is what the source calls it, else a column, an e-mail, or a hash.
        """
        data = raw.data
        email = (
            str((data.get(self._email) if self._email else "") or "").strip().lower()
        )
        name = next(filter(None, (self._join(data, p, " ") for p in self._names)), "")
        external = raw.external_id or next(
            filter(None, (self._join(data, p, "|", True) for p in self._ids)), ""
        )
        if not external:
            # what tells records apart; a corrected detail is no new record
            names = [header for header in self._derived if header] or sorted(data)
            parts = [str(data.get(header) or "") for header in names]
            external = email or derived_id(*parts)
        return clean_id(external), name[:LONGEST_ID], email[:LONGEST_KEY]

    @staticmethod
    def _join(data, headers, glue, need_all=False):
        values = [str(data.get(h) or "").strip() if h else "" for h in headers]
        if need_all and not all(values):
            return ""
        return glue.join(value for value in values if value)
