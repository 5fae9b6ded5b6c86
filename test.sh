#!/usr/bin/env bash
# Installs what the tests need (Rust excepted), then runs every check of this repository.
#
#   ./test.sh                       everything
#   OBS_SKIP_BACKENDS=1 ./test.sh   without Prometheus, Python and Node: installs nothing, those tests skip
#
# Needs a Debian-like system to install; on others, install what it names and run it again. Network:
# the distribution's packages, those of Python and Node, and Rust's crates, each only when something is missing.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Debian packages and the programs that show that they are there.
PACKAGES=(
    "prometheus prometheus promtool"
    "prometheus-alertmanager prometheus-alertmanager amtool"
    "nodejs node"
    "npm npm"
    "chromium chromium"
    "gcc cc"
    "libc6-dev"
)
VENV=.tools/venv
REQUIREMENTS=tests/requirements.txt
NODE_LOCK=tests/package-lock.json
CROSS_TARGETS=(x86_64-pc-windows-gnu aarch64-apple-darwin)

part="start"
# The process that checks beside the tests, and what it prints.
beside=""
beside_log=""
trap 'echo "test.sh: FAILED in: $part" >&2' ERR

section() {
    part=$1
    printf '\n=== %s (after %s s)\n' "$part" "$SECONDS"
}

die() {
    trap - ERR
    printf 'test.sh: %s\n' "$@" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# --- beside -----------------------------------------------------------------

beside=""
beside_log=""

# start_beside FUNCTION: runs it beside what comes next, in a process group of its own, so that it can be ended with its
# children.
start_beside() {
    beside_log=$(mktemp)
    set -m
    (renice -n 19 -p "$BASHPID" >/dev/null; "$1") </dev/null >"$beside_log" 2>&1 &
    beside=$!
    set +m
}

# finish_beside NAME: waits for it, and prints what it has written.
finish_beside() {
    local status=0
    part=$1
    wait "$beside" || status=$?
    beside=""
    cat "$beside_log"
    rm -f "$beside_log"
    return "$status"
}

end_beside() {
    [ -z "$beside" ] || kill -- "-$beside" 2>/dev/null || true
    rm -f "$beside_log"
}
trap end_beside EXIT

# --- Rust -------------------------------------------------------------------

find_rust() {
    have cargo || PATH="${CARGO_HOME:-${HOME:?}/.cargo}/bin:$PATH"
    export PATH
    local wanted version
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    have cargo || die "cargo was not found: install Rust $wanted or newer (https://rustup.rs), then run this again"
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n' "$wanted" "$version" | sort -V | head -n1)" = "$wanted" ] ||
        die "Rust $version is too old: $wanted or newer is needed (rustup update)"
    component fmt rustfmt
    component clippy clippy
    echo "rustc $version, $(cargo --version)"
}

# component SUBCOMMAND NAME: makes sure that cargo has it.
component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    have rustup && rustup component add "$2" && return
    die "cargo $1 was not found: install the Rust component $2 (rustup component add $2)"
}

# --- programs ---------------------------------------------------------------

# Prints the Debian packages that are missing.
missing_packages() {
    local package programs program
    for package in "${PACKAGES[@]}"; do
        read -r package programs <<<"$package"
        if [ -z "$programs" ]; then
            # A library: only where packages are counted at all.
            have dpkg-query && ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' &&
                echo "$package"
            continue
        fi
        for program in $programs; do
            have "$program" || { echo "$package"; break; }
        done
    done
    python_with_venv >/dev/null || [ -x "$VENV/bin/python" ] || printf '%s\n' python3 python3-venv
    return 0
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -eq 0 ]; then
        echo "nothing is missing"
        return
    fi
    echo "missing: ${missing[*]}"
    have apt-get ||
        die "no apt-get here: install ${missing[*]} yourself, or set OBS_SKIP_BACKENDS=1 to run without them"
    [ "$(id -u)" -eq 0 ] || as_root true ||
        die "not root and sudo asks for a password: run 'sudo apt-get install ${missing[*]}', then this again"
    apt_install "${missing[@]}"
    stop_service "${missing[@]}"
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -eq 0 ] || die "still missing after the installation: ${missing[*]}"
}

# The tests start programs of their own: a package's service must neither start nor hold the port.
apt_install() {
    local policy=/usr/sbin/policy-rc.d laid="" status=0
    if [ ! -e "$policy" ]; then
        laid=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root apt-get update -q </dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null ||
        status=$?
    [ -z "$laid" ] || as_root rm -f "$policy"
    [ "$status" -eq 0 ] || die "apt-get could not install: $*"
}

# stop_service PACKAGE...: nor may a service of a package that came just now start at the next boot.
stop_service() {
    local package
    [ -d /run/systemd/system ] || return 0
    for package in "$@"; do
        if systemctl cat "$package.service" >/dev/null 2>&1; then
            as_root systemctl disable --now "$package.service"
        fi
    done
}

# --- Python -----------------------------------------------------------------

# Prints a Python that can make a virtual environment.
python_with_venv() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import ensurepip, venv' 2>/dev/null && echo "$python" && return
    done
    return 1
}

install_python_packages() {
    local python
    if cmp -s "$REQUIREMENTS" "$VENV/requirements.txt" && "$VENV/bin/python" -c 'import prometheus_client, rotel' 2>/dev/null; then
        echo "$VENV is up to date"
        return
    fi
    python=$(python_with_venv) || die "no Python that can make a virtual environment: install python3-venv"
    rm -rf "$VENV"
    "$python" -m venv "$VENV" || die "$python could not make $VENV: install python3-venv, or remove the folder"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$REQUIREMENTS" </dev/null ||
        die "pip could not install $REQUIREMENTS into $VENV: is PyPI reachable?"
    cp "$REQUIREMENTS" "$VENV/requirements.txt"
    echo "$VENV made with $("$python" --version)"
}

# --- Node -------------------------------------------------------------------

install_node_packages() {
    if cmp -s "$NODE_LOCK" .tools/package-lock.json && [ -x .tools/node_modules/.bin/playwright ]; then
        echo ".tools/node_modules is up to date"
        return
    fi
    mkdir -p .tools
    cp tests/package.json .tools/
    rm -f .tools/package-lock.json
    # The lock goes there last: without it, the next run installs again.
    (
        trap 'rm -f .tools/package-lock.json' EXIT
        cp "$NODE_LOCK" .tools/
        npm ci --prefix .tools --no-audit --no-fund --ignore-scripts --loglevel error </dev/null
        trap - EXIT
    ) || die "npm could not install $NODE_LOCK into .tools: is its registry reachable?"
    echo ".tools/node_modules made with node $(node --version)"
}

# They are downloaded while the lints compile.
install_test_packages() {
    install_python_packages
    install_node_packages
}

# --- checks -----------------------------------------------------------------

# A library alone and without its features compiles other code than the workspace does.
check_without_features() {
    local manifest package
    for manifest in obs-*/Cargo.toml; do
        package=$(dirname "$manifest")
        cargo clippy --locked --package "$package" --no-default-features -- -D warnings
    done
}

# Compiles what the test `adopt` builds, with its arguments.
build_adopters() {
    local manifest
    for manifest in tests/adopt/*/Cargo.toml; do
        local command=(build)
        [ ! -e "$(dirname "$manifest")/src/lib.rs" ] || command=(test --no-run --lib)
        cargo "${command[@]}" --locked --manifest-path tests/adopt/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}" \
            --package "$(basename "$(dirname "$manifest")")"
    done
}

# With an example, so that the features of dependencies are those that tests have: they are checked already.
check_documentation() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --all-features --no-deps --lib --bins --examples
}

# What compiles beside the tests, which wait for most of their time.
check_beside_tests() {
    build_adopters
    section "lints without default features"
    check_without_features
    section "documentation"
    check_documentation
}

run_tests() {
    cargo test --locked --workspace --all-features --no-run
    start_beside check_beside_tests
    cargo test --locked --workspace --all-features --no-fail-fast
    finish_beside "what runs beside the tests"
}

check_dependencies() {
    if cargo deny --version >/dev/null 2>&1; then
        cargo deny --locked --all-features check licenses bans sources
    else
        echo "skipped: cargo-deny is not installed (cargo install cargo-deny)"
    fi
}

check_other_systems() {
    local target sysroot
    sysroot=$(rustc --print sysroot)
    for target in "${CROSS_TARGETS[@]}"; do
        if [ -d "$sysroot/lib/rustlib/$target/lib" ]; then
            cargo check --locked --workspace --all-features --target "$target"
        else
            echo "skipped: target $target is not installed (rustup target add $target)"
        fi
    done
}

section "Rust toolchain"
find_rust

section "programs for the tests"
if [ "${OBS_SKIP_BACKENDS:-}" = 1 ]; then
    echo "skipped: OBS_SKIP_BACKENDS=1"
else
    install_packages
    start_beside install_test_packages
fi

section "format"
cargo fmt --all --check
cargo fmt --all --check --manifest-path tests/adopt/Cargo.toml

section "lints"
cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

if [ -n "$beside" ]; then
    finish_beside "packages of Python and Node for the tests"
fi

section "tests and doctests; beside them, lints without default features and the documentation"
run_tests

section "licences, duplicates and sources of dependencies"
check_dependencies

section "other systems"
check_other_systems

section "done"
echo "all checks passed"
