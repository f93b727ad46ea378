"""The optional manifest.json of a bundle, and what it promises."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ..exceptions import BinaryMissing, BrokenFile
from .base import Problem
from .members import Member, MemberIndex, path_key

NAME = "manifest.json"
SIZE_LIMIT = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


def read_manifest(member: Member) -> tuple[dict[str, Any], list[Problem]]:
    """Return the manifest, empty with a problem if it is unusable."""
    try:
        with member.open() as stream:
            content = json.loads(stream.read(SIZE_LIMIT).decode("utf-8-sig"))
    except (BrokenFile, ValueError) as err:
        return {}, [_problem("bad_manifest", member.path, f"cannot be read: {err}")]
    if not isinstance(content, dict):
        return {}, [_problem("bad_manifest", member.path, "is not an object")]
    return content, []


def promises(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the manifest says of each file, whatever its layout."""
    files = manifest.get("files") or {}
    if isinstance(files, list):
        entries = [item for item in files if isinstance(item, dict)]
        files = {item.get("name") or item.get("path"): item for item in entries}
    if not isinstance(files, dict):
        return {}
    return {
        str(name): said
        for name, said in files.items()
        if name and isinstance(said, dict)
    }


def promised_rows(manifest: dict[str, Any], file: str) -> int | None:
    """Return the number of records announced for a file, if there is one."""
    for name, said in promises(manifest).items():
        if path_key(name) == path_key(file):
            rows = said.get("rows", said.get("row_count"))
            return rows if isinstance(rows, int) else None
    return None


def rows_problem(file: str, promised: int, found: int) -> Problem:
    """Return the warning that a file has more or fewer records than announced."""
    text = f"has {found} records, the manifest announces {promised}"
    return _problem("row_count", file, text, f"{found}")


def check_files(manifest: dict[str, Any], index: MemberIndex) -> Iterable[Problem]:
    """Yield a warning for each announced file that is missing or different."""
    for name, said in promises(manifest).items():
        try:
            member = index.find(name)
        except BinaryMissing:
            yield _problem("missing_file", name, "is in the manifest only")
            continue
        wanted = str(said.get("sha256") or "").lower().removeprefix("sha256:")
        try:
            found = _sha256(member) if wanted else ""
        except BrokenFile as err:
            yield _problem("broken_file", member.path, f"cannot be read: {err}")
            continue
        if found != wanted:
            text = "differs from the checksum in the manifest"
            yield _problem("checksum", member.path, text, found)


def _sha256(member: Member) -> str:
    """Return the sha256 of the contents."""
    digest = hashlib.sha256()
    with member.open() as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _problem(code: str, file: str, text: str, value: str = "") -> Problem:
    """Return a warning on a file."""
    return Problem(code, f"{file} {text}", file, value=value, severity="warning")
