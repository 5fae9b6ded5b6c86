#!/usr/bin/env bash
# What OpenTelemetry's own checker says of the spans and metrics of the conformance programs:
# `weaver registry live-check` (https://github.com/open-telemetry/weaver) against a registry of the
# semantic conventions. Fails on anything graver than information.
#
#   tests/weaver.sh [REGISTRY]     default: release 1.44.0, fetched by weaver
#
# `weaver` must be on the path. Reports are left in target/weaver.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

REGISTRY=${1:-https://github.com/open-telemetry/semantic-conventions/archive/refs/tags/v1.44.0.zip[model]}
OTLP_PORT=${OTLP_PORT:-14317}
ADMIN_PORT=${ADMIN_PORT:-14318}
export OTEL_HTTP_SCENARIO_PORT=${OTEL_HTTP_SCENARIO_PORT:-18080}
export MOCK_SERVER_URL=http://127.0.0.1:$OTEL_HTTP_SCENARIO_PORT
REPORTS=target/weaver

command -v weaver >/dev/null || { echo "weaver.sh: weaver was not found, see its releases" >&2; exit 1; }
cargo build --quiet --package conformance
program=${CARGO_TARGET_DIR:-target}/debug/conformance

# The program with its telemetry sent to weaver, or nowhere.
sending() {
    env "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$OTLP_PORT" OTEL_EXPORTER_OTLP_PROTOCOL=grpc "$program" "$@"
}
silent() {
    env -u OTEL_EXPORTER_OTLP_ENDPOINT "$program" "$@"
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# wait_for PORT: until somebody listens there, at most a minute.
wait_for() {
    for _ in {1..240}; do
        listens "$1" && return
        sleep 0.25
    done
    echo "weaver.sh: nobody listens on port $1" >&2
    return 1
}

# check NAME SERVER FRAMEWORK CLIENT: has weaver listen while FRAMEWORK answers the traffic, SERVER and
# CLIENT being `sending` or `silent`.
check() {
    local name=$1 server=$2 framework=$3 client=$4 weaver status=0
    weaver registry live-check --registry "$REGISTRY" --skip-policies --input-source otlp \
        --otlp-grpc-address 127.0.0.1 --otlp-grpc-port "$OTLP_PORT" --admin-port "$ADMIN_PORT" \
        --inactivity-timeout 120 --no-stream --format json --output "$REPORTS/$name" \
        --fail-on improvement >"$REPORTS/$name.log" 2>&1 &
    weaver=$!
    wait_for "$OTLP_PORT"
    coproc SERVER { "$server" "$framework" >/dev/null 2>&1; }
    # Bash forgets them when the server ends.
    # shellcheck disable=SC2153
    local server_pid=$SERVER_PID input=${SERVER[1]}
    wait_for "$OTEL_HTTP_SCENARIO_PORT"
    "$client" reqwest >/dev/null
    "$client" reqwest --http2 >/dev/null
    exec {input}>&-
    wait "$server_pid"
    curl --silent --show-error --request POST "http://127.0.0.1:$ADMIN_PORT/stop" >/dev/null
    wait "$weaver" || status=$?
    if [ "$status" -ne 0 ]; then
        echo "weaver.sh: $name: see $REPORTS/$name" >&2
        return 1
    fi
    echo "$name: nothing graver than information"
}

mkdir -p "$REPORTS"
check axum sending axum silent
check actix sending actix silent
check reqwest silent axum sending
