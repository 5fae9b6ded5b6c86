#!/usr/bin/env bash
# Builds each service from nothing in release mode, and prints its crates, the processor time of the build, and the
# size of the stripped program, as a table. Needs about eight minutes on two processors.
#
#   bench/weight/run.sh              all three
#   bench/weight/run.sh obs          only the one with obs
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# crates NAME: the crates of its tree, each version once, without the service.
crates() {
    cargo tree --locked --package "weight-$1" --edges normal,build --prefix none --format '{p}' |
        sed 's/ (.*//' | sort -u | grep -vc "^weight-"
}

cargo fetch --locked --quiet
echo "| service | crates | processor time of a release build | stripped program |"
echo "|---|---|---|---|"
for name in ${*:-bare obs assembled}; do
    TIMEFORMAT='%U %S'
    read -r user system < <({ time cargo build --quiet --release --locked --package "weight-$name" \
        --target-dir "$folder/$name" >&2; } 2>&1 | tail -n1)
    program="$folder/$name/release/weight-$name"
    strip "$program"
    awk -v name="$name" -v crates="$(crates "$name")" -v seconds="$(awk "BEGIN { print $user + $system }")" \
        -v bytes="$(stat -c %s "$program")" \
        'BEGIN { printf "| %s | %d | %.0f s | %.2f MB |\n", name, crates, seconds, bytes / 1e6 }'
    rm -rf "${folder:?}/$name"
done
