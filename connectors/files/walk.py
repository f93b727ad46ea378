"""Files that no table lists, taken over by the folder they lie in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .members import Member


@dataclass(frozen=True)
class Walk:
    """How folders of files are read as records of one object.

    ``<folder>/<owner>/…/<name>``: the first folder says what kind of file it is, the
    second whose it is (an id, an e-mail or a name).

    :param folders: first folder, lower case -> kind
    :param owner, name, path, kind: the fields of the records
    """

    folders: Mapping[str, str]
    owner: str
    name: str
    path: str
    kind: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the records."""
        return (self.name, self.path, self.owner, self.kind)

    def records(
        self, members: Iterable[Member]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield number and record of each file that lies in such a folder."""
        fitting = [member for member in members if self._kind(member) is not None]
        for number, member in enumerate(sorted(fitting, key=_path), start=1):
            yield (
                number,
                {
                    self.name: member.name,
                    self.path: member.path,
                    self.owner: member.folders[1] if len(member.folders) > 1 else "",
                    self.kind: self._kind(member),
                },
            )

    def _kind(self, member: Member) -> str | None:
        first = member.folders[0].casefold() if member.folders else ""
        return self.folders.get(first)


def _path(member: Member) -> str:
    return member.path
