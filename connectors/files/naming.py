"""Which file of a bundle holds which object."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ...tools.fingerprint import normalise_header
from .formats import SUFFIXES
from .members import Member, path_key

# a CSV below any other folder belongs to a client
TABLE_FOLDERS = frozenset({"data", "csv", "json", "tables", "export", "exports"})
_DECORATION = re.compile(r"\d+|exports?|exported|copy|final")


class TableNames:
    """Tells the object of a file, sheet or key by its name.

    :param file_objects: object -> file stems; one with a slash is a pattern for
        the path without suffix, as "forms/*"
    """

    def __init__(self, file_objects: Mapping[str, Iterable[str]]):
        self._names: dict[str, str] = {}
        self._patterns: list[tuple[str, str]] = []
        for name in file_objects:
            self._names.setdefault(normalise_header(name), name)
        for name, stems in file_objects.items():
            for stem in stems:
                if "/" in stem or "*" in stem:
                    self._patterns.append((path_key(stem), name))
                else:
                    self._names.setdefault(normalise_header(stem), name)

    def by_label(self, label: str) -> str | None:
        """Return the object named by a stem, sheet or key."""
        plain = normalise_header(label)
        if plain in self._names:
            return self._names[plain]
        words = [w for w in plain.split() if not _DECORATION.fullmatch(w)]
        return self._names.get(" ".join(words))

    def by_path(self, path: str) -> str | None:
        """Return the object of a file that may be a table by its place."""
        place = PurePosixPath(path)
        whole = path_key(str(place.with_suffix("")))
        for pattern, name in self._patterns:
            if fnmatchcase(whole, pattern):
                return name
        return self.by_label(place.stem)

    def _fits_pattern(self, path: str) -> bool:
        """Return whether a path is one of those given as pattern."""
        whole = path_key(str(PurePosixPath(path).with_suffix("")))
        return any(fnmatchcase(whole, pattern) for pattern, _name in self._patterns)

    def is_table(self, path: str) -> bool:
        """Return whether a path shows that an export starts in its first folder."""
        place = PurePosixPath(path)
        suffix = place.suffix.lower()
        if path.lower() == "manifest.json" or ("/" not in path and suffix == ".zip"):
            return True
        if suffix not in SUFFIXES:
            return False
        known = self.by_label(place.stem) is not None
        return self._fits_pattern(path) or (known and _is_at_top(place.parts[:-1]))

    def format_of(self, member: Member) -> str | None:
        """Return the format in which a member is read as table, None if binary."""
        suffix = PurePosixPath(member.path).suffix.lower()
        kind = SUFFIXES.get(suffix)
        if kind is None or member.container:
            return None
        inner = member.path.removeprefix(member.nested)
        if self._fits_pattern(inner):
            return kind
        is_text = suffix == ".txt" and self.by_path(inner) is None
        return None if is_text or not _is_at_top(member.folders) else kind


def _is_at_top(folders: Sequence[str]) -> bool:
    """Return whether files in a folder belong to the export, not to a client."""
    return len(folders) < 2 and TABLE_FOLDERS.issuperset(map(str.casefold, folders))
