"""Where the next page is: one small class per place, all with plain JSON cursors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...exceptions import SourceError
from ..profile.paths import is_empty
from .counting import Counting, Offset, PageNumbers
from .guard import join_url
from .paging import Ask, Paginator, Place, Reply, header_link, whole


class NoPages(Paginator):
    """The list comes whole."""

    def start(self):
        return {"size": 0}

    def ask(self, place):
        return Ask()

    def after(self, place, reply):
        return None


class CursorInBody(Paginator):
    """The body names what to send for the next page."""

    can_narrow = is_led = True

    def start(self):
        return {"cursor": None, "size": self.size}

    def ask(self, place):
        ask = self._sized(place)
        if place["cursor"] is not None:
            name = self.spec.get("cursor_param") or "cursor"
            self._put(ask, name, place["cursor"])
        return ask

    def after(self, place, reply):
        cursor = self._next(reply)
        if reply.count == 0 or is_empty(cursor) or cursor is False:
            return None
        if self._said_more(reply) is False:
            return None
        size = min(place["size"] * 2, self.size)
        return {"cursor": cursor, "size": size}

    def _next(self, reply: Reply) -> Any:
        return self._read(reply, "next_cursor_at")


class CursorInHeader(CursorInBody):
    """A header names what to send for the next page."""

    def _next(self, reply):
        return reply.response.headers.get(self.spec["next_cursor_header"])


class NextUrl(Paginator):
    """The body has the address of the next page.

    Where an address counts, as far as its parameters tell, the list can be counted on
    from there: such a place has the way to count under `by`. Others have the `count`
    of the records before them.
    """

    can_narrow = is_led = True

    def start(self):
        return {"url": "", "size": self.size}

    def ask(self, place):
        if "by" in place:
            return self._counting(place).ask(place)
        return Ask(url=place["url"]) if place["url"] else self._sized(place)

    def after(self, place, reply):
        if "by" in place:
            return self._counting(place).after(place, reply)
        link = self._next(reply)
        if reply.count == 0 or not isinstance(link, str) or not link.strip():
            return None
        if self._said_more(reply) is False:
            return None
        url = join_url(reply.response.url, link)
        # A source need not go on in pages of the size that it was asked for.
        size = _number(url, self.spec.get("size_param")) or place["size"]
        count = place.get("count", 0) + reply.count
        return {**place, "url": url, "size": size, "count": count}

    def narrowed(self, place):
        if "by" in place:
            return self._counting(place).narrowed(place)
        return None if place["url"] else super().narrowed(place)

    def counted(self, place):
        if "by" in place or not place["size"]:
            return None
        if not place["url"]:
            by = self.spec.get("counts_by")
            return (
                {**_COUNTING[by](self.spec).start(), **place, "by": by} if by else None
            )
        url, size, count = place["url"], place["size"], place.get("count")
        if _number(url, self.spec.get("size_param")) != size:
            return None
        here = {"offset": count, "size": size}
        if _number(url, self.spec.get("offset_param") or "offset") == count:
            return {**here, "by": "offset"}
        page = _number(url, self.spec.get("page_param") or "page")
        before = None if page is None else page - PageNumbers(self.spec).first
        # Only while pages are full their numbers tell how many records came before.
        if before is not None and before * size == count:
            return {**here, "page": page, "by": "page"}
        return None

    def may_skip(self, place):
        return "by" in place and self._counting(place).may_skip(place)

    def skipped(self, place):
        return self._counting(place).skipped(place)

    def _counting(self, place: Place) -> Counting:
        return _COUNTING[place["by"]](self.spec, self._in)

    def _next(self, reply: Reply) -> Any:
        return self._read(reply, "next_url_at")


class LinkHeader(NextUrl):
    """The Link header has the address of the next page."""

    def _next(self, reply):
        return header_link(reply.response)


def _number(url: str, name: str | None) -> int | None:
    """Return the count that a parameter of an address has, None if it has none."""
    return whole(dict(parse_qsl(urlsplit(url).query)).get(name))


_COUNTING: dict[str, type[Counting]] = {"page": PageNumbers, "offset": Offset}
STYLES: dict[str, type[Paginator]] = {
    "none": NoPages,
    "page": PageNumbers,
    "page_hasmore": PageNumbers,
    "offset": Offset,
    "cursor": CursorInBody,
    "next_url": NextUrl,
    "link_header": LinkHeader,
}


def paginator_of(spec: Mapping[str, Any], place_in: str = "query") -> Paginator:
    """Return the paginator of the `pagination` of a profile.

    :raise SourceError: the style is not one of REST
    """
    style = spec.get("style") or "none"
    if style == "cursor" and spec.get("next_cursor_header"):
        return CursorInHeader(spec, place_in)
    if style not in STYLES:
        raise SourceError(
            f"pagination.style {style!r} is not one of REST ({', '.join(STYLES)})."
            " Correct the connection profile."
        )
    return STYLES[style](spec, place_in)
