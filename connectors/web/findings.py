"""What a source said when it was tried."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class ObjectFound:
    """What one list of the source gave.

    `status` is ``available``, ``unavailable`` (403, 404: others go on), ``refused``
    (the key) or ``error``; `message` says what to do. `proposal` is a style of paging
    with its evidence if it is another one than the profile has: nothing applies it.
    """

    name: str
    label: str = ""
    file: str = ""
    status: str = "available"
    message: str = ""
    total: int | None = None
    count: int = 0
    corrupt: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    fields_seen: list[str] = field(default_factory=list)
    fields_new: list[str] = field(default_factory=list)
    fields_missing: list[str] = field(default_factory=list)
    custom_seen: list[str] = field(default_factory=list)
    style: str = ""
    evidence: str = ""
    proposal: dict[str, Any] | None = None


@dataclass
class Discovery:
    """What a source said when it was tried; plain JSON by `as_json`."""

    status: str = "available"
    message: str = ""
    identity: dict[str, Any] = field(default_factory=dict)
    timezone: str = ""
    notes: list[str] = field(default_factory=list)
    objects: list[ObjectFound] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the discovery as dicts and lists."""
        return asdict(self)
