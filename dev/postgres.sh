# shellcheck shell=bash
# PostgreSQL with a data directory and a port of its own, on loopback only.
# Sourced by lib.sh, never run.

# The newest PostgreSQL of the machine, or the one that made the cluster.
pg_bin() {
    local dir version
    if version=$(cat "$(pg_data)/PG_VERSION" 2>/dev/null) &&
        [ -x "/usr/lib/postgresql/$version/bin/postgres" ]; then
        echo "/usr/lib/postgresql/$version/bin"
        return 0
    fi
    dir=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$dir" ] && dirname "$dir"
}

# PostgreSQL refuses to run as root: use Debian's postgres user then
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && setpriv --reuid postgres --regid postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

# Where the cluster is; pg.path names a place outside of CRM_HOME.
pg_data() {
    cat "$CRM_HOME/pg.path" 2>/dev/null || echo "$CRM_HOME/pg"
}

pg_port() {
    cat "$CRM_HOME/pg.port"
}

pg_running() {
    as_postgres "$(pg_bin)/pg_ctl" status -D "$(pg_data)" >/dev/null 2>&1
}

pg_start() {
    pg_running && return 0
    local data
    data=$(pg_data)
    if ! port_is_free "$(pg_port)"; then
        free_port 5434 >"$CRM_HOME/pg.port"
        write_odoo_conf
    fi
    step "starting PostgreSQL on 127.0.0.1:$(pg_port)"
    # the server must not inherit the lock of `hold`
    logged pg_start "See also $data/server.log; dev/db reset makes a new cluster." \
        as_postgres "$(pg_bin)/pg_ctl" start -w -t 120 -D "$data" \
        -l "$data/server.log" -o "-p $(pg_port)" 9>&-
}

pg_stop() {
    pg_running || return 0
    as_postgres "$(pg_bin)/pg_ctl" stop -w -m fast -D "$(pg_data)" >/dev/null
}

# pg TOOL ARGS...: a PostgreSQL client program as Odoo's own role
pg() {
    local tool=$1
    shift
    PGHOST=127.0.0.1 PGPORT=$(pg_port) PGUSER=odoo PGPASSWORD=$(secret odoo) \
        "$(pg_bin)/$tool" "$@"
}

db_exists() {
    [ "$(pg psql -d postgres -Atc "select 1 from pg_database where datname = '$1'")" = 1 ]
}

# db_has_addon DB: the addon and the apps around it were installed completely
db_has_addon() {
    local names=$BASE_MODULES,$ADDON missing
    missing=$(pg psql -d "$1" -Atc "select count(*)
        from unnest(string_to_array('$names', ',')) as wanted
        where wanted not in (
            select name from ir_module_module where state = 'installed'
        )" 2>/dev/null) && [ "$missing" = 0 ]
}

db_drop() {
    pg dropdb --if-exists --force "$1" 2>/dev/null
    rm -rf "$CRM_HOME/data/filestore/$1"
}

# db_copy FROM TO: a copy with its attachments; nobody may be connected to FROM
db_copy() {
    db_drop "$2"
    pg createdb -T "$1" "$2"
    if [ -d "$CRM_HOME/data/filestore/$1" ]; then
        cp -al "$CRM_HOME/data/filestore/$1" "$CRM_HOME/data/filestore/$2"
    fi
}

# --- making the cluster ----------------------------------------------------

choose_pg_data() {
    local data
    if [ "$(id -u)" -eq 0 ] && ! as_postgres test -x "$CRM_HOME"; then
        data=/var/lib/postgresql/crm_migration-$(sha256sum <<<"$CRM_HOME" | cut -c1-12)
        step "user postgres cannot reach $CRM_HOME: data directory is $data"
        echo "$data" >"$CRM_HOME/pg.path"
    fi
}

init_cluster() {
    local data=$1 password
    password=$(mktemp) &&
        secret postgres >"$password" &&
        rm -rf "$data" &&
        mkdir "$data" && chmod 700 "$data" || return 1
    if [ "$(id -u)" -eq 0 ]; then chown postgres:postgres "$password" "$data"; fi
    as_postgres "$(pg_bin)/initdb" -D "$data" -U postgres -E UTF8 \
        --locale=C.UTF-8 --auth=scram-sha-256 --pwfile="$password" || return 1
    rm -f "$password"
    as_postgres tee -a "$data/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = scram-sha-256
shared_buffers = 256MB
max_connections = 60
CONF
}

create_role() {
    PGHOST=127.0.0.1 PGPORT=$(pg_port) PGUSER=postgres PGPASSWORD=$(secret postgres) \
        "$(pg_bin)/psql" -d postgres -v ON_ERROR_STOP=1 -qc \
        "CREATE ROLE odoo LOGIN CREATEDB NOSUPERUSER PASSWORD '$(secret odoo)'"
}

get_postgres() {
    local data
    if ! pg_bin >/dev/null; then
        step "installing PostgreSQL"
        logged apt_postgresql "Check the machine's package sources." \
            apt_install postgresql
    fi
    if [ ! -e "$CRM_HOME/pg.complete" ]; then
        step "creating the database cluster"
        choose_pg_data
        data=$(pg_data)
        pg_stop
        free_port 5434 >"$CRM_HOME/pg.port"
        logged initdb "Remove $data and start again." init_cluster "$data"
        write_odoo_conf
        pg_start
        logged role "Run dev/db reset and start again." create_role
        touch "$CRM_HOME/pg.complete"
    fi
    write_odoo_conf
    pg_start
}
