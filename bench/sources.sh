# shellcheck shell=bash
# Common part of bench/pull and bench/memory: sample servers and a database to copy.
# Sourced after dev/lib.sh, never run.

# What is left at the end, however it comes, goes.
SOURCES_PID=
BENCH_SOURCE=migration_bench_pull_source
BENCH_COPY=migration_bench_pull
BENCH_FILES=$(mktemp -d)
clean_up() {
    [ -z "$SOURCES_PID" ] || kill "$SOURCES_PID" 2>/dev/null || true
    rm -rf "$BENCH_FILES"
    db_drop $BENCH_COPY
    db_drop $BENCH_SOURCE
}
trap clean_up EXIT

# start_sources SCALE: the sample servers as a process of their own, until the end
start_sources() {
    local port
    port=$(free_port 8170)
    BENCH_REST=http://127.0.0.1:$port
    port=$(free_port $((port + 1)))
    BENCH_GRAPHQL=http://127.0.0.1:$port
    export BENCH_REST BENCH_GRAPHQL
    (
        cd "$CHECKOUT"
        exec "$PYTHON_BIN" -m samples.servers --scale "$1" \
            --rest-port "${BENCH_REST##*:}" --graphql-port "${BENCH_GRAPHQL##*:}"
    ) >"$LOG_DIR/bench_sources.log" 2>&1 &
    SOURCES_PID=$!
    while port_is_free "${BENCH_GRAPHQL##*:}"; do
        kill -0 "$SOURCES_PID" || die "the sample servers did not start" \
            "see $LOG_DIR/bench_sources.log"
        sleep 0.2
    done
}

# prepare_database: the addon as it is now, for each part to copy; the database that
# dev/test keeps saves its installation
prepare_database() {
    local how=-u modules=$ADDON
    if db_exists crm_migration_kill_template; then
        db_copy crm_migration_kill_template $BENCH_SOURCE
    else
        db_drop $BENCH_SOURCE
        how=-i modules=$BASE_MODULES,$ADDON
    fi
    step "preparing $BENCH_SOURCE"
    logged bench_install "see the log" \
        odoo -d $BENCH_SOURCE $how "$modules" --stop-after-init --no-http
}

# in_odoo MODE: one part of bench/pull.py in a fresh copy of the database
in_odoo() {
    db_copy $BENCH_SOURCE $BENCH_COPY
    BENCH_MODE=$1 odoo shell -d $BENCH_COPY --no-http --log-level=error \
        <"$CHECKOUT/bench/pull.py"
}
