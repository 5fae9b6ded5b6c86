#!/usr/bin/env bash
# Runs bench/peers, bench/recorder and bench/e2e and puts machine, date, commit and tables into BENCHMARKS.md, between
# its markers. What the text says of the figures is for a person to write anew.
#
#   bench/record.sh             all: half an hour on a quiet machine
#   bench/record.sh peers       only the requests in the process
#   bench/record.sh recorder    only the flight recorder: a minute
#   bench/record.sh e2e         only the servers
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# replace NAME FILE: puts a file between <!-- NAME --> and <!-- /NAME -->.
replace() {
    awk -v name="$1" -v file="$2" '
        $0 == "<!-- /" name " -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name " -->" {
            inside = 1
            while ((getline line < file) > 0) print line
        }
    ' BENCHMARKS.md >"$directory/page"
    cat "$directory/page" >BENCHMARKS.md
}

# machine: what the figures depend on.
machine() {
    local commit
    commit=$(git rev-parse --short HEAD)
    # The page itself and the benchmarks may differ from what is committed; what is measured may not unsaid.
    git diff --quiet HEAD -- 'obs-*' || commit="$commit, with changes"
    echo "$(date -u '+%-d %B %Y, %H:%M UTC'); commit $commit;" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n1), $(nproc) processors;" \
        "Linux $(uname -r | cut -d- -f1); $(rustc --version | cut -d' ' -f1,2);" \
        "load of the machine before: $(cut -d' ' -f1 /proc/loadavg)."
}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

part=${1:-all}
case $part in
    all | peers | recorder | e2e) ;;
    *)
        echo "record.sh: unknown part $part: peers, recorder, e2e, or nothing for all" >&2
        exit 1
        ;;
esac

if [ "$part" = all ] || [ "$part" = peers ]; then
    cargo build --quiet --release --locked --manifest-path bench/peers/Cargo.toml
    machine >"$directory/machine"
    cargo run --quiet --release --locked --manifest-path bench/peers/Cargo.toml >"$directory/peers"
    replace "peers machine" "$directory/machine"
    replace "peers" "$directory/peers"
fi
if [ "$part" = all ] || [ "$part" = recorder ]; then
    cargo build --quiet --release --locked --manifest-path bench/recorder/Cargo.toml
    machine >"$directory/machine"
    cargo run --quiet --release --locked --manifest-path bench/recorder/Cargo.toml >"$directory/recorder"
    replace "recorder machine" "$directory/machine"
    replace "recorder" "$directory/recorder"
fi
if [ "$part" = all ] || [ "$part" = e2e ]; then
    cargo build --quiet --release --locked --manifest-path bench/peers/Cargo.toml
    machine >"$directory/machine"
    bench/e2e/run.sh >"$directory/e2e"
    replace "e2e machine" "$directory/machine"
    replace "e2e" "$directory/e2e"
fi
