"""The files of a bundle, and finding one by the path an export wrote down."""

import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

from ...exceptions import BinaryMissing
from .limits import GuardedReader

PATH_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle: `path` is its place, `upload` what it came in."""

    path: str
    size: int
    opener: Callable[[], Any]
    upload: str = ""
    nested: str = ""
    container: bool = False

    def open(self) -> BinaryIO:
        """Open the contents; faults show as BrokenFile while reading."""
        return io.BufferedReader(GuardedReader(self.opener, self.path, self.size))

    @property
    def name(self) -> str:
        """The file name without folders."""
        return PurePosixPath(self.path).name

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders inside of the archive that holds the file."""
        return PurePosixPath(self.path.removeprefix(self.nested)).parts[:-1]


def path_key(path: str) -> str:
    """Return the key under which spellings of one path are equal."""
    text = unicodedata.normalize("NFC", path).casefold().replace("\\", "/")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return "/".join(parts)


class MemberIndex:
    """Finds members by exact path, then by what is left of a moved path."""

    def __init__(self, members: Iterable[Member]):
        self._exact: dict[str, Member] = {}
        self._suffixes: dict[str, list[Member]] = defaultdict(list)
        for member in members:
            self._exact[member.path] = member
            parts = path_key(member.path).split("/")
            for start in range(len(parts)):
                self._suffixes["/".join(parts[start:])].append(member)

    def find(self, path: str) -> Member:
        """Return the one member meant by `path`, else raise BinaryMissing.

        Folders in front may differ (drive, wrapper, archive). A bare file name
        is trusted only if no folder says otherwise: two clients may well have
        an agreement.pdf each.
        """
        if len(path) > PATH_LIMIT:
            raise BinaryMissing(f"the bundle has no file {path[:80]}… (too long)")
        if path in self._exact:
            return self._exact[path]
        for spelling in dict.fromkeys((path, unquote(path))):
            found = self._by_suffix(path_key(spelling))
            if found:
                return found
        raise BinaryMissing(f"the bundle has no file {path}")

    def _by_suffix(self, key: str) -> Member | None:
        """Return the member that shares the longest end of the path."""
        parts = [part for part in key.split("/") if not re.fullmatch(r"[a-z]:", part)]
        for start in range(len(parts)):
            hits = self._suffixes.get("/".join(parts[start:]), [])
            whole = [hit for hit in hits if path_key(hit.path) == key]
            if start == len(parts) - 1:
                hits = [hit for hit in hits if _folders_agree(hit, parts[:-1])]
            if len(whole or hits) > 1:
                count = len(whole or hits)
                raise BinaryMissing(f"{count} files of the bundle end in {key}")
            if hits:
                return (whole or hits)[0]
        return None


def _folders_agree(member: Member, wanted: list[str]) -> bool:
    """Return whether the folders of a member do not contradict the wanted ones."""
    own = {path_key(folder) for folder in member.folders}
    return not own or set(wanted) <= own
