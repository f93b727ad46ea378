"""How trouble is put into a world, and noted.

Each is noted in `store.trouble` under a name: [(object, id), ...].
"""

from .common import parse

HOSTILE = (
    "<p>Hello <b>there</b></p><script>alert('x')</script>"
    '<img src="x" onerror="alert(1)"><a href="javascript:alert(2)">here</a>'
)


class Trouble:
    """Writes trouble into a store and notes where."""

    def __init__(self, store):
        self.store = store

    def note(self, name, obj, key):
        self.store.trouble.setdefault(name, []).append((obj, key))

    def set(self, name, obj, key, /, **values):
        """Overwrite fields of a record."""
        self.store.add(obj, {**self.store.get(obj, key), **values})
        self.note(name, obj, key)


def equal_moments(store, obj, edges=(50, 100), deleted=(False, True)):
    """Let the records on both sides of a page's edge have changed in one second."""
    for with_deleted in deleted:
        for edge in edges:
            rows = store.listing(obj, deleted=with_deleted, sort="updated_at")
            before, after = rows[edge - 1], rows[edge]
            if parse(before["updated_at"]) == parse(after["updated_at"]):
                continue
            store.add(obj, {**after, "updated_at": before["updated_at"]})
            for row in (before, after):
                pair = (obj, store.id_of(obj, row))
                store.trouble.setdefault("equal_moments", []).append(pair)
