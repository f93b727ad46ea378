"""Why a file was not fetched, and whether it may come another time."""

from ...exceptions import SourceError


class DownloadError(SourceError):
    """A file was not fetched; `retry_later` tells whether it may come another time."""

    retry_later = False


class FileGone(DownloadError):
    """The source does not have the file any more."""


class FileTooLarge(DownloadError):
    """The file is larger than allowed."""


class FileRefused(DownloadError):
    """The file may not be fetched: no right, link ended, host or address refused."""


class FileDiffers(DownloadError):
    """What came is not what the source's record promises."""


class FileCutOff(DownloadError):
    """The file came in part or not at all; what came is kept, and gone on from."""

    retry_later = True


def too_large(limit: int, size: int) -> FileTooLarge:
    """Return the exception for a file over the limit, sizes in bytes."""
    return FileTooLarge(
        f"The file has {size / 2**20:.1f} MiB or more, {limit / 2**20:.1f} MiB are"
        " allowed. Raise the limit, or take the file over by hand."
    )


def missing(status: int) -> str:
    """Return the message for a file that an address does not give."""
    if status == 403:
        return (
            f"The file may not be fetched ({status}): its link has ended, or the key"
            " has no right to it."
        )
    return f"The source does not have the file any more ({status})."
