"""Going from page to page: what all ways have in common."""

import hashlib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from requests.utils import parse_header_links

from ...exceptions import SourceError
from ..profile.hostile import BadItem, clean_item
from ..profile.paths import compile_path, is_empty, read_path
from .response import Response

Place = dict[str, Any]
#: A source that counts more records than this counts something else.
MAX_COUNT = 100_000_000
#: Characters of a cursor or an address of a next page.
MAX_CURSOR = 50_000
_PLAIN_PATH = re.compile(r"[\w.-]+")


@dataclass
class Ask:
    """What a page is asked for with."""

    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Reply:
    """What a page was answered with: body, how many items stood in it, of how many."""

    response: Response
    body: Any
    count: int
    total: int | None = None


class Paginator(ABC):
    """Goes from page to page.

    A place is where a page begins: plain JSON, at least `size`, the page size asked
    for there (0 if the source decides).

    :param spec: the `pagination` of a profile
    :param place_in: where the source reads its paging from: `query`, `body`, or
        `header` for the cursor alone
    """

    #: Whether a place stays what it is when the page size changes.
    can_narrow = False
    #: Whether places are counted: rows that shift then move under them.
    is_counted = False
    #: Whether only the page before tells where a page is.
    is_led = False

    def __init__(self, spec: Mapping[str, Any], place_in: str = "query"):
        self.spec = spec
        self.size = (spec.get("page_size") or 100) if spec.get("size_param") else 0
        self._in = place_in

    def start(self) -> Place:
        """Return the place of the first page."""
        return {"size": self.size}

    @abstractmethod
    def ask(self, place: Place) -> Ask:
        """Return what to ask for to get the page at a place."""

    @abstractmethod
    def after(self, place: Place, reply: Reply) -> Place | None:
        """Return the place of the next page, None if this was the last."""

    def narrowed(self, place: Place) -> Place | None:
        """Return the same place with a smaller page, None if there is none."""
        size = smaller(place["size"])
        if not self.can_narrow or not size:
            return None
        return {**place, "size": size}

    def counted(self, place: Place) -> Place | None:
        """Return the same place as one that is counted, None if it is not known."""
        return None

    def may_skip(self, place: Place) -> bool:
        """Tell whether the one item at a place can be left out without being read."""
        return False

    def skipped(self, place: Place) -> Place:
        """Return the place behind the single item at a place."""
        raise NotImplementedError

    def mark(self, place: Place) -> Any:
        """Return what of a place must not come twice while pages go on."""
        return place.get("cursor") or place.get("url")

    def _sized(self, place: Place) -> Ask:
        ask = Ask()
        if place["size"]:
            self._put(ask, self.spec["size_param"], place["size"])
        return ask

    def _put(self, ask: Ask, name: str, value: Any) -> None:
        """Send a value where this source reads its paging from."""
        if self._in == "body":
            set_at(ask.body, name, value)
        elif self._in == "header" and name == self.spec.get("cursor_param"):
            ask.headers[name] = str(value)
        else:
            ask.params[name] = value

    def _goes_on(self, reply: Reply, page: int | None = None) -> bool | None:
        """Tell whether there are more pages by what the source says, if it does."""
        if reply.count == 0:
            return False
        more = self._said_more(reply)
        if more is not None:
            return more
        pages = whole(self._read(reply, "total_pages_at"))
        if pages is not None and page is not None:
            return page < pages
        return self._has_next_link(reply)

    def _said_more(self, reply: Reply) -> bool | None:
        """Tell whether the body says in so many words that there are more pages."""
        more = self._read(reply, "has_more_at")
        if more is not None:
            return is_true(more)
        last = self._read(reply, "is_last_at")
        return None if last is None else not is_true(last)

    def _has_next_link(self, reply: Reply) -> bool | None:
        """Tell whether the page links to a next one; None if it has no links."""
        if "Link" in reply.response.headers:
            return bool(header_link(reply.response))
        at = self.spec.get("next_url_at")
        if not at:
            return None
        found = read_path(reply.body, at)
        if not is_empty(found):
            return True
        holder = at.rpartition(".")[0] if _PLAIN_PATH.fullmatch(at) else ""
        knows = compile_path(at).exists(reply.body) or (
            holder and isinstance(read_path(reply.body, holder), dict)
        )
        return False if knows else None

    def _read(self, reply: Reply, name: str) -> Any:
        at = self.spec.get(name)
        return read_path(reply.body, at) if at else None


def header_link(response: Response) -> str:
    """Return the address that the Link header names as next, "" if none."""
    for link in parse_header_links(response.headers.get("Link", "")):
        if "next" in link.get("rel", "").lower().split():
            return link.get("url", "")
    return ""


def set_at(body: dict[str, Any], name: str, value: Any) -> None:
    """Set a value in a JSON body; dots in the name go into objects."""
    *outer, last = name.split(".")
    for key in outer:
        body = body.setdefault(key, {})
    body[last] = value


def smaller(size: int) -> int:
    """Return the largest proper divisor of a page size, 0 for none.

    Pages of that size begin wherever those of the larger size do.
    """
    for divisor in range(2, math.isqrt(size) + 1):
        if size % divisor == 0:
            return size // divisor
    return 1 if size > 1 else 0


def fitting(full: int, offset: int) -> int:
    """Return the largest page size, at most `full`, that may begin at an offset."""
    while full > 1 and offset % full:
        full = smaller(full)
    return max(full, 1)


def is_true(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0", "no", "null", "none")
    return bool(value)


def whole(value: Any) -> int | None:
    """Return a count that may be written as text, None if it is none."""
    if isinstance(value, bool):
        return None
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return count if 0 <= count <= MAX_COUNT else None


def cursor_text(cursor: Any) -> str:
    """Return a cursor of the source as one text.

    :raise SourceError: it cannot be kept until the pull goes on
    """
    try:
        text = json.dumps(clean_item({"cursor": cursor}))
    except BadItem as bad:
        raise SourceError(
            f"The source leads on to a page in no usable way: {bad}."
        ) from None
    if len(text) > MAX_CURSOR:
        raise SourceError("The source leads on to a page by megabytes of text.")
    return text


def fingerprint(values: list[Any]) -> str:
    """Return what tells one page from another."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
