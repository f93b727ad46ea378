"""Bounds for what an upload may unpack to, checked before and while reading."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...exceptions import BadBundle, BrokenFile

MEBIBYTE = 1024 * 1024
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class BundleLimits:
    """Sizes above which an archive is refused; `ratio` counts from the floor."""

    total_bytes: int = 20 * 1024 * MEBIBYTE
    members: int = 100_000
    ratio: int = 200
    ratio_floor: int = 64 * MEBIBYTE


class Budget:
    """Keeps the sum over all archives of one bundle within the limits."""

    def __init__(self, limits: BundleLimits):
        self._limits = limits
        self._bytes = 0
        self._members = 0

    def take(self, name: str, infos: Iterable[zipfile.ZipInfo], packed: int) -> None:
        """Book the contents of an archive; BadBundle before any is unpacked."""
        sizes = [info.file_size for info in infos]
        unpacked = sum(sizes)
        limits = self._limits
        if unpacked > limits.ratio_floor and unpacked > packed * limits.ratio:
            raise BadBundle(
                f"{name} would unpack to more than {limits.ratio} times its size"
            )
        if self._bytes + unpacked > limits.total_bytes:
            raise BadBundle(
                f"{name} would unpack to more than {limits.total_bytes} bytes"
            )
        if self._members + len(sizes) > limits.members:
            raise BadBundle(f"{name} holds more than {limits.members} files")
        self._bytes += unpacked
        self._members += len(sizes)


class GuardedReader(io.RawIOBase):
    """Reads no more than was declared and turns every fault into BrokenFile."""

    def __init__(self, opener: Callable[[], Any], name: str, declared: int):
        super().__init__()
        self._name = name
        self._left = declared
        self._stream = self._guard(opener)

    def _guard(self, action: Callable[..., Any], *args: Any) -> Any:
        """Run an action of the archive under the error rule of this class."""
        try:
            return action(*args)
        except READ_ERRORS as err:
            raise BrokenFile(f"{self._name} is damaged: {err}") from err

    def readable(self) -> bool:
        """Tell the io module that this is an input stream."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the archive, counting what really comes out."""
        data = self._guard(self._stream.read, len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise BrokenFile(f"{self._name} is larger than its archive declares")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream in the archive too."""
        if not self.closed:
            stream = getattr(self, "_stream", None)
            if stream is not None:
                stream.close()
        return super().close()
