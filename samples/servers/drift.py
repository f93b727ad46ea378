"""The world goes on while a client walks through its pages."""

NAMES = ("drift-update", "drift-delete", "drift-create")


def drift(store, obj, fault, rows):
    """Change, delete or create a record: the first of `rows` unless the fault names it.

    An updated record goes to the end of a list sorted by `updated_at`, so that all
    rows after it move up by one.
    """
    if fault.name == "drift-create":
        return store.create(obj)
    key = fault.arg or store.id_of(obj, rows[0])
    if fault.name == "drift-update":
        return store.update(obj, key)
    return store.delete(obj, key, hard=True)
