#!/bin/sh
# Makes a Debian 12 machine ready for everything else here: Debian packages, uv, the project's
# environment. The only program of ours that runs before Python; a second run takes a second,
# and a run after an interrupted one goes on.
#
#   toolchain/bootstrap.sh          check the machine, then install what is missing
#   toolchain/bootstrap.sh --check  check the machine only
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/foreground
began=$(date +%s)

say() { printf '[%4d s] %s\n' "$(($(date +%s) - began))" "$*"; }

# What is wrong, then what to do about it.
stop() {
    printf 'error: %s\n  try: %s\n' "$1" "$2" >&2
    exit 1
}

trap 'printf "\nstopped; the same command goes on from here\n" >&2; exit 130' INT TERM

# --- is this a machine that we can work on? Everything is asked before anything is changed. -----

check_system() {
    # FOREGROUND_OS_RELEASE and FOREGROUND_MEMINFO stand in for the files in this script's own test.
    release=${FOREGROUND_OS_RELEASE:-/etc/os-release}
    # shellcheck source=/dev/null
    name=$(. "$release" 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || name=unknown
    [ "$name" = "debian 12" ] ||
        stop "this machine runs $name, and only Debian 12 is supported" \
            "a machine or a virtual machine with Debian 12 (bookworm)"
    [ "$(uname -m)" = x86_64 ] ||
        stop "this machine is $(uname -m), and only x86_64 is supported" "a machine with an x86_64 processor"
    [ "$(id -u)" = 0 ] ||
        stop "you are $(id -un), and packages, network namespaces and machines need root" "sudo make up"
}

check_room() {
    need_mib=${FOREGROUND_NEED_MEMORY_MIB:-7000}
    have_mib=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' "${FOREGROUND_MEMINFO:-/proc/meminfo}")
    [ "$have_mib" -ge "$need_mib" ] ||
        stop "$have_mib MiB of memory are free, and a site takes $need_mib MiB" \
            "end other programs, or 'make lab-down' where another lab runs"
    need_gib=${FOREGROUND_NEED_DISK_GIB:-20}
    mkdir -p "$cache" 2>/dev/null ||
        stop "the cache $cache cannot be made" "set XDG_CACHE_HOME to a folder that you may write"
    for folder in "$cache" /var/lib; do
        have_gib=$(df -Pk "$folder" | awk 'NR == 2 {print int($4 / 1048576)}')
        [ "$have_gib" -ge "$need_gib" ] ||
            stop "$have_gib GiB of disk are free at $folder, and $need_gib GiB are needed" \
                "make room there, or set XDG_CACHE_HOME to a larger disk"
    done
}

# --- Debian packages ----------------------------------------------------------------------------

missing_packages() {
    sed 's/#.*//' "$here/apt-packages.txt" | while read -r package; do
        [ -n "$package" ] || continue
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    say "Debian packages: $missing"
    export DEBIAN_FRONTEND=noninteractive
    dpkg --configure -a >/dev/null 2>&1 || true # an interrupted run may have left a half-made one
    log=$cache/apt.log
    apt-get -q update >"$log" 2>&1 ||
        stop "apt-get update failed: $(tail -n 1 "$log")" "read $log; mend /etc/apt/sources.list or the network, then the same command"
    # shellcheck disable=SC2086 # a list of names, one word each
    apt-get -q install -y --no-install-recommends $missing >>"$log" 2>&1 ||
        stop "apt-get install failed: $(grep '^E:' "$log" | tail -n 1)" "read $log, then the same command"
}

# --- uv, pinned with its hash, then the project's environment -------------------------------------

install_uv() {
    want=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$here/uv-requirements.txt")
    uv=$cache/uv/$want
    [ ! -x "$uv/bin/uv" ] || return 0
    say "uv $want"
    rm -rf "$uv.part"
    mkdir -p "$cache/uv"
    /usr/bin/python3 -m venv "$uv.part"
    "$uv.part/bin/python" -m pip install -q --disable-pip-version-check --require-hashes \
        -r "$here/uv-requirements.txt" ||
        stop "uv $want could not be installed" "look at pip's message above; the same command tries again"
    mv -T "$uv.part" "$uv"
}

sync_environment() {
    export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$top/.venv" UV_CACHE_DIR="$cache/uv/cache"
    say "the project's environment (.venv)"
    "$uv/bin/uv" sync -q --frozen --project "$top" --python /usr/bin/python3 ||
        stop "uv sync failed" "look at uv's message above; 'rm -rf .venv' where the environment is broken, then the same command"
    ln -sfn "$uv/bin/uv" "$top/.venv/bin/uv"
}

check_system
check_room
[ "${1:-}" != --check ] || exit 0
install_packages
install_uv
sync_environment
say "this machine is ready"
