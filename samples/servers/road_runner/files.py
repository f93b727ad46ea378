"""Files of Road Runner: what the list says and what the storage does."""

from ..blobs import EXTENSIONS, Blob, describe
from ..common import TODAY, between, iso, rng
from .deals import DEALS
from .people import COMPANIES, PERSONS
from .work import ACTIVITIES, TASKS

FILES = 50
MIMES = tuple(EXTENSIONS)
PARENTS = {
    "contact": ("ct", COMPANIES + PERSONS),
    "deal": ("dl", DEALS),
    "task": ("tk", TASKS),
    "activity": ("ac", ACTIVITIES),
    "equipment": ("eq", 35),
}
#: File -> what its storage does (see Blob).
BEHAVIOURS = {
    "fl_5": "expired",
    "fl_6": "other_host",
    "fl_7": "missing",
    "fl_8": "over_cap",
    "fl_10": "cut",
    "fl_11": "slow",
    "fl_12": "endless",
}
EMPTY, WRONG_MIME, WRONG_CHECKSUM, INLINE = "fl_3", "fl_4", "fl_9", "fl_13"
SAME_NAME = ("fl_1", "fl_2")
INLINE_ACTIVITY = "ac_12"
#: What the list says; the bytes of the wrong one are a picture.
FIXED = {INLINE: "image/png", WRONG_MIME: "application/pdf", "fl_10": "application/pdf"}
LIES = {WRONG_CHECKSUM: "checksum", "fl_12": "size"}


def _blob(seed, key, mime):
    return Blob(
        seed,
        key,
        "image/png" if key == WRONG_MIME else mime,
        size=0 if key == EMPTY else -1,
        behaviour=BEHAVIOURS.get(key, ""),
        served_as="text/html" if key == WRONG_MIME else "",
    )


def _parent(key, number, rand, scale):
    if key in SAME_NAME:
        return "deal", "dl_1"
    if key == INLINE:
        return "activity", INLINE_ACTIVITY
    kind = list(PARENTS)[number % len(PARENTS)]
    prefix, count = PARENTS[kind]
    return kind, f"{prefix}_{rand.randrange(1, count * scale + 1)}"


def file(store, seed, number, scale):
    key = f"fl_{number}"
    rand = rng(seed, "rr file", number)
    mime = FIXED.get(key) or MIMES[number % len(MIMES)]
    blob = store.blobs[key] = _blob(seed, key, mime)
    size, digest = describe(blob, LIES.get(key, ""))
    kind, parent = _parent(key, number, rand, scale)
    created = iso(between(rand, TODAY.replace(year=2025), TODAY.replace(month=10)))
    name = "quote.txt" if key in SAME_NAME else f"file-{number}.{EXTENSIONS[mime]}"
    if kind == "activity":
        owner = store.get("activity", parent)
        store.add("activity", {**owner, "file_ids": [*owner["file_ids"], key]})
    return {
        "id": key,
        "filename": name,
        "content_type": mime,
        "size": size,
        "checksum": f"sha256:{digest}" if digest else None,
        "parent_type": kind,
        "parent_id": parent,
        "download_url": None,  # signed when it is listed
        "url_expires_at": None,
        "kind": "inline" if key == INLINE else rand.choice(("document", "photo")),
        "description": f"File {number}",
        "uploaded_by": f"us_{rand.randrange(1, 9)}",
        "is_public": False,
        "created_at": created,
        "updated_at": created,
    }


def files(store, seed, scale):
    for number in range(1, FILES * scale + 1):
        store.add("file", file(store, seed, number, scale))
