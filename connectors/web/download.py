"""Files of a live source, streamed to disk: resumed, checked, never in memory."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

import requests

from ...exceptions import SourceError, SourcePaused, UnsafeAddress
from .errors import Trouble
from .file_errors import (
    DownloadError,
    FileCutOff,
    FileDiffers,
    FileGone,
    FileRefused,
    FileTooLarge,
    missing,
    too_large,
)
from .guard import Origin, origin_of
from .part import Checksum, Downloaded, PartFile, file_name
from .response import body_of, read_response
from .session import SourceSession
from .transport import FAILURES

__all__ = [
    "DownloadError",
    "DownloadItem",
    "Downloaded",
    "FileCutOff",
    "FileDiffers",
    "FileGone",
    "FileRefused",
    "FileTooLarge",
    "download",
    "download_many",
    "file_name",
]

#: What a file may have at most if the profile does not say.
MAX_BYTES = 100 * 1024 * 1024
#: An answer that is no file is read for the words of its error only.
_MAX_ERROR = 256 * 1024


@dataclass(frozen=True)
class DownloadItem:
    """One file for `download_many`; `options` are those of `download`."""

    key: Any
    url: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)


def download(
    session: SourceSession,
    url: str,
    target: str | os.PathLike,
    *,
    expires_at: datetime | None = None,
    refresh: Callable[[], str | None] | None = None,
    max_bytes: int | None = None,
    expected_size: int | None = None,
    checksum: str | None = None,
    mimetype: str = "",
) -> Downloaded:
    """Fetch a file to `target`, which appears when it is whole and right.

    What comes is kept in `<target>.part`; the next call goes on from there.

    :param url: address of the file, or a path below the base URL
    :param expires_at: when the address ends (aware)
    :param refresh: gives a new address when this one has ended, asked once
    :param max_bytes: None for what the profile says
    :param checksum: `sha256:<hex>`, `sha1:`, `md5:`, or the bare digits
    :param mimetype: what the record says it is; a web page instead is a login page
    :raise FileGone, FileTooLarge, FileRefused, FileDiffers: it will not come
    :raise FileCutOff: it may come another time
    :raise SourcePaused: the source wants to be left alone
    """
    files = session.profile.get("files") or {}
    limit = max_bytes or files.get("max_bytes") or MAX_BYTES
    wanted = Checksum.of(checksum, expected_size)
    if expected_size is not None and expected_size > limit:
        raise too_large(limit, expected_size)
    fetch = _Fetch(session, PartFile(os.fspath(target), wanted), limit, mimetype)
    return fetch.run(url, expires_at, refresh)


class _LinkEnded(Exception):
    """The address does not give the file any more; a new one may."""

    def __init__(self, error: DownloadError):
        super().__init__()
        self.error = error


class _Fetch:
    """One file on its way."""

    def __init__(
        self, session: SourceSession, part: PartFile, limit: int, mimetype: str
    ):
        self.session, self.part, self.limit = session, part, limit
        self.mimetype = mimetype.lower()
        self.files = session.profile.get("files") or {}
        self.hosts = session.profile.get("attachment_hosts") or ()

    def run(self, url, expires_at, refresh) -> Downloaded:
        """Fetch from an address, and from a new one if it has ended."""
        now = self.session.options.clock()
        if expires_at and expires_at.timestamp() <= now and refresh:
            url, refresh = self._renewed(refresh), None
        for _round in range(2):
            try:
                return self._persist(url)
            except _LinkEnded as ended:
                error = ended.error
            if refresh is None:
                break
            url, refresh = self._renewed(refresh), None
        raise error

    def _renewed(self, refresh: Callable[[], str | None]) -> str:
        url = refresh()
        if not url:
            raise FileRefused("The address has ended and the source gives no new one.")
        return url

    def _persist(self, url: str) -> Downloaded:
        """Try until the file is whole; start over once if it is not right."""
        backoff, rewound = self.session.backoff(), False
        while True:
            trouble, result = None, None
            try:
                result = self._once(url)
            except Trouble as error:
                trouble = error
            if result is not None:
                return result
            if trouble is None and rewound:
                self.part.discard()
                raise FileDiffers(
                    "The file is not the one that its record describes (size or"
                    " checksum differ). Check it at the source."
                )
            if trouble is None:
                rewound = True
                self.part.discard()
                continue
            if backoff.total <= 0:
                raise FileCutOff(str(trouble))
            backoff = self.session.wait(trouble, backoff)

    def _once(self, url: str) -> Downloaded | None:
        """Fetch what is missing; None if what came is not right."""
        url = self.session.url(url)
        try:
            answer = self._ask(url)
        except UnsafeAddress as error:
            refused = FileRefused(self._redacted(str(error)))
        except FAILURES as failure:
            refused = self._failed(failure, origin_of(url))
        else:
            with answer:
                return self._take(answer)
        raise refused

    def _failed(self, failure: Exception, where: Origin) -> SourceError:
        error = self.session.transport.failed(failure, "the file", where)
        kind = getattr(error, "kind", "")
        words = self._redacted(str(error))
        return Trouble(words, kind) if kind else FileRefused(words)

    def _ask(self, url: str) -> requests.Response:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        headers.update(self.part.range_headers())
        signed = self.files.get("auth") == "same_origin"
        if signed:
            self.session.get_ready()
        with ExitStack() as stack:
            if self.session.transport.is_trusted(url):
                # Files on hosts of others do not count among the source's calls.
                stack.enter_context(self.session.throttle.slot())
            return self.session.transport.follow(
                "GET", url, headers=headers, sign=signed, permit=self._permit
            )

    def _permit(self, origin: Origin) -> None:
        """Refuse hosts that the profile does not name."""
        if not self.hosts or origin in self.session.transport.trusted:
            return
        if not any(fnmatchcase(origin.host, host.lower()) for host in self.hosts):
            raise UnsafeAddress(
                f"Files may not be fetched from {origin.host}. Enter it under"
                " attachment_hosts in the connection profile if it is the source's"
                " storage."
            )

    def _take(self, answer: requests.Response) -> Downloaded | None:
        """Write the body of an answer to the end of the part."""
        status = answer.status_code
        if status == 416 and self.part.is_whole(answer.headers.get("Content-Range")):
            return self._finish(answer)
        if status == 416:
            self.part.discard()
            raise Trouble("The file changed at the source.", "garbled", 0.0)
        if status not in (200, 206):
            raise self._error(answer)
        if self._is_login_page(answer):
            raise FileRefused(
                "The source answers with a web page instead of the file, most likely a"
                " login page. Check files.auth in the connection profile, and the key."
            )
        if not self.part.begin(status, answer.headers):
            self.part.discard()
            raise Trouble("The source sends another part than asked.", "garbled", 0.0)
        self._write(answer)
        return self._finish(answer)

    def _write(self, answer: requests.Response) -> None:
        announced = _length(answer)
        end = self.part.size + announced
        self._check_size(end)
        trouble = None
        try:
            with answer.raw.deadline as deadline:
                for chunk in body_of(answer):
                    self.part.write(chunk)
                    self._check_size(self.part.size)
                    deadline.progress(len(chunk))
        except FAILURES as failure:
            trouble = self._failed(failure, origin_of(answer.url))
        finally:
            self.part.close()
        if trouble is None and announced and self.part.size < end:
            trouble = Trouble("The file was cut off.", "garbled")
        if trouble is not None:
            raise trouble

    def _check_size(self, size: int) -> None:
        if size > self.limit:
            self.part.discard()
            raise too_large(self.limit, size)

    def _finish(self, answer: requests.Response) -> Downloaded | None:
        if not self.part.is_right():
            return None
        sha256, sha1 = self.part.finish()
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        name = file_name(answer.headers.get("Content-Disposition"))
        return Downloaded(self.part.target, self.part.size, sha256, sha1, kind, name)

    def _is_login_page(self, answer: requests.Response) -> bool:
        is_page = answer.headers.get("Content-Type", "").lower().startswith("text/html")
        return bool(is_page and self.mimetype and "html" not in self.mimetype)

    def _error(self, answer: requests.Response) -> Exception:
        """Return what an answer that is no file calls for."""
        status = answer.status_code
        response = read_response(answer, _MAX_ERROR)
        error = self.session.judge(response, "the file")
        words = str(error)
        if status in (403, 410):
            kind = FileRefused if status == 403 else FileGone
            return _LinkEnded(kind(missing(status)))
        is_own = self.session.transport.is_trusted(answer.url)
        if isinstance(error, SourcePaused):
            return error if is_own else FileCutOff(words)
        if isinstance(error, Trouble):
            # The limits of a storage are not those of the source's calls.
            return error if is_own else Trouble(words, "busy", error.wait)
        if status in (404, 405):
            return FileGone(missing(status))
        return FileRefused(words)

    def _redacted(self, text: str) -> str:
        return self.session.vault.redact(text)


def download_many(
    session: SourceSession, items: Iterable[DownloadItem], workers: int = 4
) -> Iterator[tuple[DownloadItem, Downloaded | Exception]]:
    """Fetch files side by side; yield each with its result as it comes.

    Items are taken from the iterable only as workers get free. Closing the iterator
    lets what is under way end and begins nothing new.
    """
    source, running = iter(items), {}
    with ThreadPoolExecutor(workers, thread_name_prefix="download") as pool:
        try:
            while True:
                for item in islice(source, workers - len(running)):
                    running[pool.submit(_fetched, session, item)] = item
                if not running:
                    return
                done, _pending = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()


def _fetched(session: SourceSession, item: DownloadItem) -> Downloaded | Exception:
    try:
        return download(session, item.url, item.target, **item.options)
    except Exception as error:  # the caller decides what each one means
        return error


def _length(answer: requests.Response) -> int:
    """Return how many bytes the body is announced to have, 0 if unknown."""
    packed = answer.headers.get("Content-Encoding", "identity") != "identity"
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isdigit() and not packed else 0
