"""The same records as files: one archive per source, as an export would bring them.

Records are flat: nested objects are dotted columns, custom values are `custom.<key>`,
a reference is the id under its own name. `download_url` is the path in the archive.
"""

import csv
import hashlib
import io
import json
import zipfile

from .common import TODAY

_ZIP_TIME = (2026, 11, 22, 9, 0, 0)
_REFERENCE = {"id", "name", "email"}
_MONEY = {"amount", "currency"}
_CUSTOM = ("custom_properties", "custom_fields", "fields")
#: Binaries that an export does not bring.
_LEFT_OUT = ("missing", "over_cap", "endless")
#: source -> (its list of files, name, address, end of the address)
_FILES = {
    "road_runner": ("file", "filename", "download_url", "url_expires_at"),
    "fasttrack": ("attachment", "file_name", "download_url", "expires_at"),
}
_STEMS = {
    "road_runner": {
        "user": "users",
        "tag": "tags",
        "property_definition": "property_definitions",
        "pipeline": "pipelines",
        "contact": "contacts",
        "project": "projects",
        "deal": "deals",
        "task": "tasks",
        "activity": "activities",
        "file": "files",
        "equipment": "equipment",
    },
    "fasttrack": {
        "user": "users",
        "team": "teams",
        "pipeline": "pipelines",
        "company": "companies",
        "contact": "contacts",
        "lead": "leads",
        "deal": "deals",
        "activity": "activities",
        "attachment": "attachments",
        "custom_object": "custom_objects",
        "custom_object_field": "custom_object_fields",
        "custom_object_record": "custom_object_records",
        "association_label": "association_labels",
    },
}


def flat(record):
    """A record without nesting, lists as they are."""
    out = {}
    for name, value in record.items():
        _put(out, name, value)
    return out


def _put(out, name, value):
    if name in _CUSTOM and isinstance(value, dict):
        for key, part in value.items():
            _put(out, f"custom.{key}", part)
    elif name in _CUSTOM and isinstance(value, list):
        out |= {f"custom.{part['key']}": part["value"] for part in value}
    elif isinstance(value, dict) and "id" in value and _REFERENCE >= set(value):
        out[name] = value["id"]
        out |= {f"{name}.{key}": v for key, v in value.items() if key != "id"}
    elif isinstance(value, dict) and set(value) == _MONEY:
        out[name], out[f"{name}.currency"] = value["amount"], value["currency"]
    elif isinstance(value, list) and all(_is_id(part) for part in value):
        out[name] = [part["id"] for part in value]
    elif isinstance(value, dict) and value:
        for key, part in value.items():
            _put(out, f"{name}.{key}", part)
    else:
        out[name] = value


def _is_id(value):
    return isinstance(value, dict) and set(value) == {"id"}


def _tables(source, store):
    """File stem -> flat records; stages in a file of their own."""
    tables = {}
    for obj, stem in _STEMS[source].items():
        records = list(store.tables[obj].values())
        if obj == "pipeline":
            stages = [stage for record in records for stage in record["stages"]]
            tables["stages"] = [flat(stage) for stage in stages]
            records = [
                {k: v for k, v in record.items() if k != "stages"} for record in records
            ]
        tables[stem] = [flat(record) for record in records]
    return tables


def _binaries(source, store, tables):
    """Path in the archive -> bytes; writes the paths into the list of files."""
    obj, name, url, expires = _FILES[source]
    binaries = {}
    for row in tables[_STEMS[source][obj]]:
        blob = store.blobs[row["id"]]
        row[url] = f"files/{row['id']}/{row[name]}"
        row[expires] = None
        if blob.behaviour not in _LEFT_OUT:
            binaries[row[url]] = blob.content()
    return binaries


def _csv(rows):
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return out.getvalue().encode()


def _cell(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _json(value):
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def bundle(world, source, form):
    """Name in the archive -> bytes.

    :param form: csv or json
    """
    store = world.stores[source]
    tables = _tables(source, store)
    binaries = _binaries(source, store, tables)
    write = {"csv": _csv, "json": _json}[form]
    members = {f"{stem}.{form}": write(rows) for stem, rows in tables.items()}
    manifest = {
        "source": source.replace("_", "-"),
        "exported_at": TODAY.isoformat(),
        "timezone": "UTC",
        "date_format": "YMD",
        "files": {
            f"{stem}.{form}": {
                "rows": len(rows),
                "sha256": hashlib.sha256(members[f"{stem}.{form}"]).hexdigest(),
            }
            for stem, rows in tables.items()
        },
    }
    return {"manifest.json": _json(manifest), **members, **binaries}


def export(world, folder, forms=None):
    """Write the archives of both sources into a folder; their paths.

    :param forms: {source: csv or json}; Road Runner gives CSV, FastTrack JSON
    """
    forms = {"road_runner": "csv", "fasttrack": "json", **(forms or {})}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for source, form in forms.items():
        path = folder / f"{source}_export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in bundle(world, source, form).items():
                info = zipfile.ZipInfo(name, _ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3
                info.external_attr = 0o644 << 16
                archive.writestr(info, data)
        paths.append(path)
    return paths
