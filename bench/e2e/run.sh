#!/usr/bin/env bash
# Requests per second and latencies over loopback: a bare axum server, the same with obs (all three
# signals, lines to a file, spans to a collector on this machine), and with the stack that is usually
# assembled, whose lines are thrown away and whose spans are only counted. What a layer costs here that only
# passes the time is in the table too.
#
#   bench/e2e/run.sh [ROUNDS] [SECONDS]      21 rounds of 3 seconds; prints a table in Markdown
#
# Needs wrk (Debian package: wrk). It runs on the same processors as the server: the figures compare
# servers with each other, and say nothing of a machine that has a network. Rounds are short, and each is
# compared with itself: other guests of the same hardware make a machine slower for minutes. E2E_DIR is
# where the log file goes (a new directory under /tmp), some 100 MB for each second of one run.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ROUNDS=${1:-21}
SECONDS_EACH=${2:-3}
CONNECTIONS=64
SAMPLED="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

# What is run: a name, the subject of bench/peers, the caller's trace.
CASES=(
    "bare axum|axum: bare|$UNSAMPLED"
    "600 ns of nothing|axum: 600 ns of nothing|$UNSAMPLED"
    "obs, all three, unsampled|axum: obs, all three|$UNSAMPLED"
    "obs, all three, sampled|axum: obs, all three|$SAMPLED"
    "assembled stack, unsampled|axum: assembled stack|$UNSAMPLED"
    "assembled stack, sampled|axum: assembled stack|$SAMPLED"
)

die() {
    printf 'run.sh: %s\n' "$@" >&2
    exit 1
}

command -v wrk >/dev/null || die "wrk was not found: install the package wrk (apt-get install wrk), then run this again"
command -v cargo >/dev/null || die "cargo was not found: install Rust (https://rustup.rs), then run this again"

if [ -n "${E2E_DIR:-}" ]; then
    directory=$(mktemp -d "$E2E_DIR/obs-e2e.XXXXXX")
else
    directory=$(mktemp -d)
fi
trap 'rm -rf "$directory"' EXIT

cargo build --quiet --release --locked --manifest-path ../peers/Cargo.toml
server=$(cargo metadata --format-version 1 --no-deps --manifest-path ../peers/Cargo.toml |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/bench-peers

# measure NAME SUBJECT TRACEPARENT: appends a line of figures to results.
measure() {
    local name=$1 subject=$2 traceparent=$3 port warm_up figures work
    # A batch of spans is large enough and leaves as soon as it is full, for everyone.
    coproc SERVER {
        exec env -u RUST_LOG BENCH_LOG_FILE="$directory/log" \
            OTEL_BSP_MAX_QUEUE_SIZE=16000 OTEL_BSP_MAX_EXPORT_BATCH_SIZE=4000 \
            "$server" --serve "$subject"
    }
    local id=$SERVER_PID out=${SERVER[0]} in=${SERVER[1]}
    read -r port <&"$out" || die "the server of $subject did not start"
    local target="http://127.0.0.1:$port/users/7?page=2"
    warm_up=$(load 1 "$traceparent" "$target")
    figures=$(load "$SECONDS_EACH" "$traceparent" "$target")
    exec {in}>&-
    read -r work <&"$out" || die "the server of $subject told nothing of its work"
    wait "$id" || die "the server of $subject failed"
    rm -f "$directory/log"
    echo "$name|$figures|$work|$warm_up" >>"$directory/results"
}

# load SECONDS TRACEPARENT URL: requests, requests per second, p50 and p99 in microseconds, errors.
load() {
    wrk --threads 2 --connections "$CONNECTIONS" --duration "$1s" --script report.lua \
        --header "traceparent: $2" "$3" | sed -n 's/^figures: //p'
}

for round in $(seq "$ROUNDS"); do
    for one in "${CASES[@]}"; do
        IFS='|' read -r name subject traceparent <<<"$one"
        echo "round $round of $ROUNDS: $name" >&2
        measure "$name" "$subject" "$traceparent"
    done
done

awk -f table.awk "$directory/results"
