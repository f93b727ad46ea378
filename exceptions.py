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
