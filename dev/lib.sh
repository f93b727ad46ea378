# shellcheck shell=bash
# Common part of the dev/ scripts: paths, messages, ports and PostgreSQL.
# Sourced, never run. Everything that is fetched or made lives in CRM_HOME.

DEV_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
CHECKOUT=$(dirname "$DEV_DIR")
CRM_HOME=${CRM_MIGRATION_HOME:-$CHECKOUT/.odoo19}
case $CRM_HOME in /*) ;; *) CRM_HOME=$PWD/$CRM_HOME ;; esac

SRC_DIR=$CRM_HOME/src
ODOO_PACKAGES=$SRC_DIR/usr/lib/python3/dist-packages
VENV=$CRM_HOME/venv
PYTHON_BIN=$VENV/bin/python
LOG_DIR=$CRM_HOME/log
ODOO_CONF=$CRM_HOME/odoo.conf
ADDONS_DIR=$CRM_HOME/addons
SECRETS=$CRM_HOME/secrets
ADDON=crm_migration
# shellcheck disable=SC2034  # used by dev/demo, dev/lint and dev/test
BASE_MODULES=crm,contacts,project,maintenance

export CRM_MIGRATION_HOME=$CRM_HOME
export CRM_MIGRATION_STARTED=${CRM_MIGRATION_STARTED:-$(date +%s)}
export LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export DEBIAN_FRONTEND=noninteractive
# Odoo reads these before its configuration file: the shell's values must not win
unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGDATA PGOPTIONS
unset PYTHONPATH PYTHONHOME

# --- messages ---------------------------------------------------------------

step() {
    printf '[%4ds] %s\n' "$(($(date +%s) - CRM_MIGRATION_STARTED))" "$*"
}

die() {
    printf '\nFAILED: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

# logged NAME HINT COMMAND...: output goes to log/NAME.log; a failure shows its tail.
# A shell function run by it has to chain with &&: `set -e` is off inside.
logged() {
    local name=$1 hint=$2 log=$LOG_DIR/$1.log status=0
    shift 2
    mkdir -p "$LOG_DIR"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] && return 0
    printf '\n--- last lines of %s ---\n' "$log" >&2
    tail -n 25 "$log" >&2
    die "$name ended with status $status" "$hint" "Whole log: $log"
}

# The text between the shebang line and the first line that is no comment.
show_help() {
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}

# --- machine ----------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -E "$@"
    else
        die "root rights are needed for: $*" "Run it as root once, then start again."
    fi
}

apt_install() {
    as_root apt-get update && as_root apt-get install -y --no-install-recommends "$@"
}

random_word() {
    head -c 48 /dev/urandom | base64 -w0 | tr -d '/+=' | cut -c1-32
}

# secret NAME: prints the generated value, made on first use
secret() {
    if ! grep -qs "^$1=" "$SECRETS"; then
        (umask 077 && printf '%s=%s\n' "$1" "$(random_word)" >>"$SECRETS")
    fi
    sed -n "s/^$1=//p" "$SECRETS"
}

port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port FIRST: the first port from FIRST on that nobody answers on
free_port() {
    local port=$1
    until port_is_free "$port"; do port=$((port + 1)); done
    echo "$port"
}

# hold NAME: one process at a time; the lock is released when the script ends
hold() {
    mkdir -p "$CRM_HOME"
    exec 9>"$CRM_HOME/$1.lock"
    flock -n 9 && return 0
    step "waiting for another run that holds $1.lock"
    flock 9
}

# --- Odoo -------------------------------------------------------------------

write_odoo_conf() {
    local new=$ODOO_CONF.new
    (umask 077 && cat >"$new") <<CONF
[options]
addons_path = $ODOO_PACKAGES/odoo/addons,$ADDONS_DIR
data_dir = $CRM_HOME/data
db_host = 127.0.0.1
db_port = $(pg_port)
db_user = odoo
db_password = $(secret odoo)
admin_passwd = $(secret admin)
http_interface = 127.0.0.1
max_cron_threads = 1
CONF
    mv "$new" "$ODOO_CONF"
}

# odoo ARGS...: Odoo's command line with this environment's configuration
odoo() {
    ODOO_RC=$ODOO_CONF "$PYTHON_BIN" -m odoo "$@"
}

# ensure_environment: everything is there and PostgreSQL answers
ensure_environment() {
    "$DEV_DIR/setup" --quiet
}

source "$DEV_DIR/postgres.sh"
