"""Errors of the addon, one class per reaction of the caller."""


class MigrationError(Exception):
    """Root of every error that the migration raises on purpose."""


class BadBundle(MigrationError):
    """Fatal: the upload as a whole is unusable or unsafe."""


class BrokenFile(MigrationError):
    """One file of a bundle cannot be read (on); the others go on."""


class BinaryMissing(MigrationError, LookupError):
    """The file of one attachment is not delivered; the record goes on."""


class RecordSkipped(MigrationError):
    """One record is set aside with the message as its reason."""


class MappingError(MigrationError):
    """A value cannot be mapped: the record fails with the message as its reason.

    ``field`` is the preset's name of the source field that has to be corrected.
    """

    def __init__(self, message: str = "", field: str = ""):
        super().__init__(message)
        self.field = field


class StillWaiting(MappingError):
    """A value refers to a record that waits for a decision: so does its own."""


class NotYetLoaded(MappingError):
    """A value refers to a record that the same run loads later."""


class SourceError(MigrationError):
    """A live source cannot be read; the message says what to do about it.

    One class per reaction: a plain SourceError ends the pull of one object, the
    others go on.
    """


class SourceRefused(SourceError):
    """Key or session are not accepted: the whole run stops until a person acts."""


class SourceUnavailable(SourceError):
    """This source does not have the object, or the key may not read it: skip it."""


class SourcePaused(SourceError):
    """The source wants to be left alone until ``until`` (aware): go on then."""

    def __init__(self, message, until):
        super().__init__(message)
        self.until = until


class SourceSilent(SourceError):
    """A page did not come within the time that there is to wait for it."""


class UnsafeAddress(SourceError):
    """An address that a server must not be made to call."""


class BadProfile(MigrationError):
    """A connection profile is unusable; ``problems`` name line, path and reason."""

    def __init__(self, problems):
        super().__init__("; ".join(problems))
        self.problems = problems
