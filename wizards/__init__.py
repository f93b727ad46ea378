from . import migration_cutover
from . import migration_owner_report
from . import migration_owner_wizard
from . import migration_upload
from . import migration_rebuild
from . import migration_rollback
