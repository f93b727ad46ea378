"""Tables with one column per question, as records of one answer each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ...tools.fingerprint import normalise_header


@dataclass(frozen=True)
class Unpivot:
    """Which columns of a wide table stay, and what the others become.

    :param keys: normalised headers of the columns that say whose answers these are
    :param name: field that gets the header of each other column
    :param value: field that gets its cell
    :param title: field that gets the name of the file, unless a column says it
    """

    keys: frozenset[str]
    name: str
    value: str
    title: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Unpivot":
        """Return what a preset's `unpivot` says."""
        keys = frozenset(normalise_header(key) for key in spec["keys"])
        return cls(keys, spec["name"], spec["value"], spec.get("title", ""))

    def fits(self, fields: tuple[str, ...]) -> bool:
        """Return whether a table is wide: it has no column for the question."""
        return normalise_header(self.name) not in map(normalise_header, fields)

    def fields(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        """Return the fields of the records that a wide table gives."""
        kept = [field for field in fields if normalise_header(field) in self.keys]
        titled = [self.title] if self.title and self.title not in kept else []
        return (*kept, *titled, self.name, self.value)

    def records(self, data: dict[str, Any], file: str) -> Iterator[dict[str, Any]]:
        """Yield one record per answered question of a row; none for empty cells."""
        kept = {key: data[key] for key in data if normalise_header(key) in self.keys}
        if self.title and not kept.get(self.title):
            place = PurePosixPath(file.rpartition("#")[2] or file)
            kept[self.title] = place.stem
        for header, answer in data.items():
            if normalise_header(header) not in self.keys and answer not in (None, ""):
                yield {**kept, self.name: header, self.value: answer}
