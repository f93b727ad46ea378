from odoo import api, fields, models
from odoo.tools import SQL


class MigrationSecret(models.Model):
    """The credential of one connection: no group may read it, not even the creator.

    It lies in a table of its own, so that no export, copy, search or API call of the
    connection can carry it. Only the engines, as superuser, open it.
    """

    _name = "migration.secret"
    _description = "Migration Credential"
    _log_access = False
    _rec_name = "connection_id"

    connection_id = fields.Many2one(
        "migration.connection", required=True, ondelete="cascade"
    )
    value = fields.Char(required=True)

    _connection_uniq = models.UniqueIndex(
        "(connection_id)", "A connection has one credential."
    )

    @api.model
    def _keep(self, connection, value):
        """Keep the credential of a connection, in the place of an earlier one.

        By a statement of its own: create() has the values of a failing one logged.
        The connection is touched: who changes its address at this very moment has to
        begin again, and then sees the key that a new address must not get.
        """
        connection.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE migration_connection SET write_date = write_date WHERE id = %s",
                connection.id,
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO migration_secret (connection_id, value) VALUES (%s, %s)"
                " ON CONFLICT (connection_id) DO UPDATE SET value = EXCLUDED.value",
                connection.id,
                value,
            ),
            log_exceptions=False,
        )
        self.invalidate_model()
