from . import migration_upload
from . import migration_rollback
