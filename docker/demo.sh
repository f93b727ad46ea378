#!/usr/bin/env bash
# The main job in the container: installs the addon into a fresh database, migrates
# the samples, prints each reconciliation and serves. dev/demo does the same
# without Docker. Odoo and the PostgreSQL client read PGHOST, PGUSER and PGPASSWORD.
set -euo pipefail

DEMO_DB=crm_migration_demo
MODULES=crm,contacts,project,maintenance,crm_migration
ADDON_DIR=/mnt/extra-addons/crm_migration

step() {
    printf '[%4ds] %s\n' "$SECONDS" "$*"
}

until psql -d postgres -c 'select 1' >/dev/null 2>&1; do
    step "waiting for PostgreSQL"
    sleep 2
done

step "installing $MODULES into a fresh $DEMO_DB"
psql -q -d postgres -c "drop database if exists $DEMO_DB with (force)"
odoo -d $DEMO_DB -i "$MODULES" --stop-after-init --no-http \
    --log-level=warn

step "migrating the samples"
odoo shell -d $DEMO_DB --no-http --log-level=warn <$ADDON_DIR/dev/demo_migration.py

step "Odoo serves at http://127.0.0.1:${PUBLISHED_PORT:-8069}/odoo (login admin, password admin)"
exec odoo -d $DEMO_DB --no-database-list --http-interface=0.0.0.0 --log-level=warn
