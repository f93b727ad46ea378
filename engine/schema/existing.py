"""What Odoo has already under a name, whatever language it is written in."""

from ..keys import key_of


def ids_by_name(records):
    """Return ``{folded name: [id, ...]}``, the oldest of the present language first.

    Source and administrator may speak different languages: names that are translated
    are looked at in all that are installed.
    """
    field, languages = records._fields[records._rec_name], [records.env.lang]
    if field.translate:
        installed = [code for code, _name in records.env["res.lang"].get_installed()]
        languages += [code for code in installed if code != records.env.lang]
    found = {}
    for code in languages:
        for record in records.with_context(lang=code).sorted("id"):
            ids = found.setdefault(key_of(record[field.name]), [])
            if record.id not in ids:
                ids.append(record.id)
    return found
