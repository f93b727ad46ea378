"""Uploads to members: safe listing of ZIP files, one level of nesting."""

import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from ...exceptions import BadBundle, BrokenFile
from ..base import Problem
from .limits import MEBIBYTE, READ_ERRORS, Budget, BundleLimits
from .members import Member

_JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$)", re.IGNORECASE
)
_SUPPORTED = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
}
_OFFICE_PARTS = {"[Content_Types].xml", "mimetype"}
_CLIENT_FOLDERS = {"files", "contracts", "recordings", "attachments", "uploads"}
_UTF8_FLAG = 0x800
_NAME_LIMIT = 1024
_FOLDER_LIMIT = 32
_SHOWN = 200


def _spool() -> AbstractContextManager[IO[bytes]]:
    """Return a temporary file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=16 * MEBIBYTE)


def _true_name(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry, UTF-8 written without its flag included."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & _UTF8_FLAG:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _refusal(info: zipfile.ZipInfo, name: str) -> tuple[str, str] | None:
    """Return code and reason why an entry must not be read."""
    parts = PurePosixPath(name).parts
    if len(name) > _NAME_LIMIT or len(parts) > _FOLDER_LIMIT + 1:
        return "unsafe_name", "its name is too long or in too many folders"
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        return "unsafe_name", "its path leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "symlink", "it is a link and not a file"
    if info.flag_bits & 0x1:
        return "encrypted", "it is protected by a password"
    if info.compress_type not in _SUPPORTED:
        return "unsupported_compression", "its kind of compression is unknown"
    return None


class UploadScanner:
    """Collects the members and problems of all uploads of one bundle.

    :param is_table: tells whether a path is that of a known table; a folder
        around those is a wrapper and left out of the paths
    """

    def __init__(self, limits: BundleLimits, is_table: Callable[[str], bool]):
        self.members: dict[str, Member] = {}
        self.problems: list[Problem] = []
        self._budget = Budget(limits)
        self._is_table = is_table
        self._resources = ExitStack()

    def close(self) -> None:
        """Close all archives and temporary files."""
        self._resources.close()

    def add(self, name: str, path: str) -> None:
        """Take an upload into the bundle; archives by what is in them."""
        if not os.path.isfile(path):
            self._problem("broken_file", "the upload cannot be found", name)
        elif self._is_archive(name, path):
            self._add_archive(name, path, os.path.getsize(path))
        else:
            opener = partial(open, path, "rb")
            inner = PurePosixPath(name.replace("\\", "/")).name
            self._keep(Member(inner, os.path.getsize(path), opener, name))

    def _is_archive(self, name: str, path: str) -> bool:
        """Return whether an upload is a ZIP file that is no office document."""
        if name.lower().endswith(".zip"):
            return True
        if os.path.splitext(name)[1] or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return not _OFFICE_PARTS & set(archive.namelist())

    def _add_archive(self, name: str, source: Any, packed: int, prefix="") -> None:
        """Take in the entries of an archive; below a prefix it is a nested one."""
        try:
            archive = self._resources.enter_context(zipfile.ZipFile(source))
        except READ_ERRORS as err:
            self._problem("broken_archive", f"cannot be opened: {err}", name)
            return
        self._budget.take(name, archive.infolist(), packed)
        entries = self._usable(archive, name)
        wrapper = self._wrapper(list(entries))
        for path, info in entries.items():
            opener = partial(archive.open, info)
            inner = path.removeprefix(wrapper)
            member = Member(f"{prefix}{inner}", info.file_size, opener, name, prefix)
            if inner.lower().endswith(".zip") and "/" not in inner:
                member = self._nested(member)
            self._keep(member)

    def _usable(
        self, archive: zipfile.ZipFile, name: str
    ) -> dict[str, zipfile.ZipInfo]:
        """Return the entries that may be read, by path; the last one wins."""
        entries: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            path = _true_name(info)
            if info.is_dir() or path.endswith("/") or _JUNK.search(path):
                continue
            refusal = _refusal(info, path)
            if refusal:
                self._problem(refusal[0], f"left out, {refusal[1]}", path)
                continue
            path = str(PurePosixPath(path))
            if path in entries:
                message = f"is twice in {name}, the last one is used"
                self._problem("duplicate_member", message, path, "warning")
            entries[path] = info
        return entries

    def _wrapper(self, paths: list[str]) -> str:
        """Return the folder around the whole export, with slash, or ""."""
        if not paths:
            return ""
        first = PurePosixPath(paths[0]).parent.parts
        for depth in range(len(first), 0, -1):
            folder = "/".join(first[:depth]) + "/"
            if not all(path.startswith(folder) for path in paths):
                continue
            if any(self._is_table(path.removeprefix(folder)) for path in paths):
                names = {part.casefold() for part in first[:depth]}
                return "" if names & _CLIENT_FOLDERS else folder
        return ""

    def _nested(self, member: Member) -> Member:
        """Take in an archive at the top of another one, once."""
        if member.nested:
            message = "is an archive in an archive in an archive: not unpacked"
            self._problem("nested_too_deep", message, member.path, "warning")
            return member
        try:
            spool = self._resources.enter_context(_spool())
            with member.open() as stream:
                shutil.copyfileobj(stream, spool, MEBIBYTE)
            self._add_archive(member.path, spool, member.size, f"{member.path}/")
        except BrokenFile as err:
            self._problem("broken_archive", str(err), member.path)
            return member
        except BadBundle as err:
            self._problem("bomb", str(err), member.path)
            return member
        return Member(
            member.path, member.size, member.opener, member.upload, container=True
        )

    def _keep(self, member: Member) -> None:
        """Add a member; a later upload replaces the same path of an earlier."""
        earlier = self.members.get(member.path)
        if earlier:
            message = f"is delivered again, the one of {member.upload} is used"
            self._problem("overridden", message, member.path, "info")
        self.members[member.path] = member

    def _problem(self, code: str, text: str, file: str, severity="error") -> None:
        """Note a problem with a file of the bundle."""
        file = file if len(file) <= 2 * _NAME_LIMIT + 1 else f"{file[:_SHOWN]}…"
        self.problems.append(Problem(code, f"{file} {text}", file, severity=severity))
