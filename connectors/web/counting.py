"""Pages that are counted: by their number, or by the records before them."""

from abc import abstractmethod

from .paging import Paginator, Place, Reply, fitting, smaller


class Counting(Paginator):
    """The request counts; a place knows its `offset`, so that pages may shrink.

    A source that says nothing about more pages goes on while pages are full. Where
    the first page is short but round, the source may give fewer than asked for: a
    `probe` finds out, and `cap` is then what a full page has. A `guess` is a place
    that need not exist.
    """

    can_narrow = is_counted = True

    def after(self, place, reply):
        more = self._goes_on(reply, self._page(place))
        if more is False:
            return None
        here = {k: v for k, v in place.items() if k not in ("probe", "guess")}
        if more is None:
            full = place.get("cap") or place["size"]
            is_short = full and reply.count < full
            if is_short and self._is_all(place, reply):
                return None
            if is_short:
                here["cap"] = reply.count
            here["probe"] = bool(is_short)
            here["guess"] = True
        return self._moved(here, reply.count)

    def _is_all(self, place: Place, reply: Reply) -> bool:
        """Tell whether a short page, with nothing else said, is the last one."""
        if reply.total is not None:
            return place["offset"] + reply.count >= reply.total
        is_first = place["offset"] == 0 and place["size"] == self.size
        return not is_first or reply.count % 10 != 0

    def _page(self, place: Place) -> int | None:
        """Return which page a place is, counted from 1."""
        return None

    @abstractmethod
    def _moved(self, place: Place, count: int) -> Place:
        """Return the place so many records further on."""

    def may_skip(self, place):
        return place["size"] == 1

    def skipped(self, place):
        return {**self._moved(place, 1), "guess": True}


class PageNumbers(Counting):
    """The request has the number of the page."""

    def start(self):
        return {"offset": 0, "size": self.size, "page": self.first}

    @property
    def first(self) -> int:
        """The number of the first page."""
        first = self.spec.get("first_page")
        return 1 if first is None else first

    def ask(self, place):
        ask = self._sized(place)
        self._put(ask, self.spec.get("page_param") or "page", place["page"])
        return ask

    def _page(self, place):
        return place["page"] - self.first + 1

    def _moved(self, place, count):
        size, offset = place["size"], place["offset"] + count
        moved = {**place, "offset": offset, "page": place["page"] + 1}
        # Numbers of pages of another size are known only while pages are full.
        if size and count != size:
            moved["ragged"] = True
        if size < self.size and not moved.get("ragged"):
            moved["size"] = fitting(self.size, offset)
            moved["page"] = offset // moved["size"] + self.first
        return moved

    def narrowed(self, place):
        if place.get("ragged") or not smaller(place["size"]):
            return None
        size = smaller(place["size"])
        page = place["offset"] // size + self.first
        return {**place, "size": size, "page": page}


class Offset(Counting):
    """The request has the number of records to leave out."""

    def start(self):
        return {"offset": 0, "size": self.size}

    def ask(self, place):
        ask = self._sized(place)
        self._put(ask, self.spec.get("offset_param") or "offset", place["offset"])
        return ask

    def _moved(self, place, count):
        offset = place["offset"] + count
        size = place["size"]
        if size < self.size:
            size = fitting(self.size, offset)
        return {**place, "offset": offset, "size": size}
