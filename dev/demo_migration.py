"""Run a complete migration of the sample bundle; read by `odoo shell`."""

print("crm_migration is installed:", "migration.project" in env)
