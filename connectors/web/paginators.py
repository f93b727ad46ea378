"""Where the next page is: one small class per place, all with plain JSON cursors."""

from collections.abc import Mapping
from typing import Any

from ...exceptions import SourceError
from ..profile.paths import is_empty
from .counting import Offset, PageNumbers
from .guard import join_url
from .paging import Ask, Paginator, Reply, header_link


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

    can_narrow = True

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
    """The body has the address of the next page."""

    def start(self):
        return {"url": "", "size": self.size}

    def ask(self, place):
        return Ask(url=place["url"]) if place["url"] else self._sized(place)

    def after(self, place, reply):
        link = self._next(reply)
        if reply.count == 0 or not isinstance(link, str) or not link.strip():
            return None
        if self._said_more(reply) is False:
            return None
        return {**place, "url": join_url(reply.response.url, link)}

    def _next(self, reply: Reply) -> Any:
        return self._read(reply, "next_url_at")


class LinkHeader(NextUrl):
    """The Link header has the address of the next page."""

    def _next(self, reply):
        return header_link(reply.response)


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
