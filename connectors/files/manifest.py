"""The optional manifest.json of a bundle, and what it promises."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ...exceptions import BinaryMissing, BrokenFile
from ..base import Problem
from .encoding import clean_text
from .members import Member, MemberIndex, path_key
from .rows import excerpt

NAME = "manifest.json"
SIZE_LIMIT = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_TEXTS = ("source", "timezone", "date_format")
_LONGEST = 1024
_MOST_ROWS = 2**31 - 1
_FAULTS = 20


def read_manifest(member: Member) -> tuple[dict[str, Any], list[Problem]]:
    """Return the checked manifest, empty if it is unusable, and what is wrong."""
    try:
        with member.open() as stream:
            content = json.loads(stream.read(SIZE_LIMIT).decode("utf-8-sig"))
    except (BrokenFile, ValueError, RecursionError) as err:
        return {}, [_problem("bad_manifest", member.path, f"cannot be read: {err}")]
    if not isinstance(content, dict):
        return {}, [_problem("bad_manifest", member.path, "is not an object")]
    checked, faults = _normalise(content)
    if len(faults) > _FAULTS:
        faults = [*faults[:_FAULTS], f"has {len(faults) - _FAULTS} more faults"]
    return checked, [_problem("bad_manifest", member.path, text) for text in faults]


def _normalise(content: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the known parts of a manifest in their one layout, and the faults."""
    checked: dict[str, Any] = {}
    faults: list[str] = []
    for key in _TEXTS:
        value = content.get(key)
        if isinstance(value, str) and len(value) <= _LONGEST:
            checked[key] = clean_text(value)
        elif value is not None:
            faults.append(f"has a {key} that is no text")
    if content.get("files") is not None:
        checked["files"] = {}
        for name, said in _entries(content["files"], faults):
            known = isinstance(name, str) and 0 < len(name) <= _LONGEST
            if not known or not isinstance(said, dict):
                shown = excerpt(name) if isinstance(name, str) else "without name"
                faults.append(f"has a file entry that is not usable: {shown}")
                continue
            checked["files"][clean_text(name)] = _entry(name, said, faults)
    return checked, faults


def _entries(files: Any, faults: list[str]) -> Iterable[tuple[Any, Any]]:
    """Return (name, what is said of it) of both layouts of `files`."""
    if isinstance(files, dict):
        return files.items()
    if isinstance(files, list):
        return [
            (item.get("name") or item.get("path"), item)
            if isinstance(item, dict)
            else (item, None)
            for item in files
        ]
    faults.append("has files that are neither an object nor a list")
    return []


def _entry(name: str, said: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """Return the promises on one file that can be held against it."""
    entry: dict[str, Any] = {}
    rows = said.get("rows", said.get("row_count"))
    if type(rows) is int and 0 <= rows <= _MOST_ROWS:
        entry["rows"] = rows
    elif rows is not None:
        faults.append(f"has a number of rows for {excerpt(name)} that is none")
    digest = said.get("sha256")
    if isinstance(digest, str) and len(digest) <= _LONGEST:
        entry["sha256"] = clean_text(digest)
    elif digest is not None:
        faults.append(f"has a checksum for {excerpt(name)} that is none")
    return entry


def promised_rows(manifest: dict[str, Any], file: str) -> int | None:
    """Return the number of records announced for a file, if there is one."""
    key = path_key(file)
    for name, said in manifest.get("files", {}).items():
        if path_key(name) == key:
            return said.get("rows")
    return None


def rows_problem(file: str, promised: int, found: int) -> Problem:
    """Return the warning that a file has more or fewer records than announced."""
    text = f"has {found} records, the manifest announces {promised}"
    return _problem("row_count", file, text, f"{found}")


def check_files(manifest: dict[str, Any], index: MemberIndex) -> Iterable[Problem]:
    """Yield a warning for each announced file that is missing or different."""
    digests: dict[str, str] = {}
    for name, said in manifest.get("files", {}).items():
        try:
            member = index.find(name)
        except BinaryMissing:
            yield _problem("missing_file", name, "is in the manifest only")
            continue
        wanted = said.get("sha256", "").lower().removeprefix("sha256:")
        try:
            if wanted and member.path not in digests:
                digests[member.path] = _sha256(member)
            found = digests[member.path] if wanted else ""
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
