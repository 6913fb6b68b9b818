#!/bin/sh
# Prepares a Debian 12 machine: installs Debian packages, uv and the project's environment. It is the
# only program of this repository that runs without Python. A second run takes a second, and a run
# after an interrupted one goes on.
#
#   toolchain/bootstrap.sh           check the machine for a lab, then install what is missing
#   toolchain/bootstrap.sh --deploy  the same for a machine that only deploys to a real cloud
#   ... --check                      check the machine only
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/foreground
# A lab's cloud (Keystone, Nova, Placement, Cinder, Glance, Neutron), its bastion, and a cluster's API.
ports="5000 8774 8778 8776 9292 9696 2222 6443"
began=$(date +%s)
check_only=
deploy_only=
for option; do
    case $option in
    --check) check_only=1 ;;
    --deploy) deploy_only=1 ;;
    *) printf 'error: there is no option %s\n  try: %s [--deploy] [--check]\n' "$option" "$0" >&2 && exit 1 ;;
    esac
done

say() { printf '[%4d s] %s\n' "$(($(date +%s) - began))" "$*"; }

# stop PROBLEM HINT: print both and exit.
stop() {
    printf 'error: %s\n  try: %s\n' "$1" "$2" >&2
    exit 1
}

trap 'printf "\nstopped; the same command goes on from here\n" >&2; exit 130' INT TERM

# --- checks of this machine, all before the first change ------------------------------------------

check_system() {
    # FOREGROUND_OS_RELEASE and FOREGROUND_MEMINFO replace the files in this script's own tests.
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

check_memory() {
    need=${FOREGROUND_NEED_MEMORY_MIB:-$([ "$deploy_only" ] && echo 3000 || echo 7000)} # a compiler takes 2500
    have=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' "${FOREGROUND_MEMINFO:-/proc/meminfo}")
    [ "$have" -lt "$need" ] || return 0
    # on a second run the lab's machines use some of it already
    held=$(cat "/sys/fs/cgroup/memory/foreground-${SITE:-local}/memory.stat" \
        "/sys/fs/cgroup/foreground-${SITE:-local}/memory.stat" 2>/dev/null |
        awk '/^(total_rss|anon) / {sum += $2} END {print int(sum / 1048576)}')
    [ "$((have + held))" -ge "$need" ] ||
        stop "$have MiB of memory are free, and $need MiB are needed" \
            "end other programs, or 'make lab-down' where another lab runs"
}

check_disk() {
    need=${FOREGROUND_NEED_DISK_GIB:-20}
    for folder in "$cache" $([ "$deploy_only" ] || echo /var/lib/foreground); do
        disk=$folder # before the first run: the nearest parent that exists
        until [ -e "$disk" ]; do disk=$(dirname "$disk"); done
        [ -d "$disk" ] && [ -w "$disk" ] ||
            stop "nothing can be written below $disk" "XDG_CACHE_HOME=<a folder that you may write> make up"
        have=$(df -Pk "$disk" | awk 'NR == 2 {print int($4 / 1048576)}')
        [ "$have" -lt "$need" ] || continue
        # on a second run the cache has much of it already
        held=$(du -skx "$folder" 2>/dev/null | awk '{print int($1 / 1048576)}')
        [ "$((have + ${held:-0}))" -ge "$need" ] ||
            stop "$have GiB of disk are free at $disk, and $need GiB are needed" \
                "make room there, or set XDG_CACHE_HOME to a folder on a larger disk"
    done
}

check_ports() {
    [ -z "$deploy_only" ] || return 0 # only a lab listens on them
    # Without ss the check is left to the second call, after iproute2 is installed.
    command -v ss >/dev/null || return 0
    ss -ltnpH | while read -r _ _ _ address _ process; do
        case $address in
        0.0.0.0:* | \*:* | 127.77.*) port=${address##*:} ;;
        *) continue ;;
        esac
        case " $ports " in *" $port "*) ;; *) continue ;; esac
        pid=${process#*pid=} && pid=${pid%%,*}
        ! grep -qsE 'lab[.]forwarder' "/proc/$pid/cmdline" || continue # a lab of this repository
        name=$(cat "/proc/$pid/comm" 2>/dev/null) || name="a program that this user cannot see"
        stop "port $port is taken at $address by $name (process ${pid:-unknown})" \
            "stop that program, or let it listen on another address; a lab needs the port on 127.77.0.0/16"
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
    dpkg --configure -a >/dev/null 2>&1 || true # completes the installation of an interrupted run
    log=$cache/apt.log
    apt-get -q update >"$log" 2>&1 ||
        stop "apt-get update failed: $(tail -n 1 "$log")" "read $log; fix /etc/apt/sources.list or the network, then the same command"
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
    mkdir -p "$cache/uv"
    rm -rf "$uv" "$uv.part" # of an interrupted run
    log=$cache/uv/install.log
    {
        /usr/bin/python3 -m venv "$uv.part" &&
            "$uv.part/bin/python" -m pip install --disable-pip-version-check --require-hashes \
                -r "$here/uv-requirements.txt"
    } >"$log" 2>&1 ||
        stop "uv $want could not be installed: $(tail -n 1 "$log")" "read $log, then the same command"
    mv -T "$uv.part" "$uv"
}

sync_environment() {
    export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$top/.venv" UV_CACHE_DIR="$cache/uv/cache"
    say "the project's environment (.venv)"
    "$uv/bin/uv" sync -q --frozen --project "$top" --python /usr/bin/python3 ||
        stop "uv sync failed" "read uv's message above; 'rm -rf .venv' where the environment is broken, then the same command"
    ln -sfn "$uv/bin/uv" "$top/.venv/bin/uv"
}

check_system
check_memory
check_disk
check_ports
[ -z "$check_only" ] || exit 0
mkdir -p "$cache"
exec 9>"$cache/bootstrap.lock" # two checkouts share the cache
flock -n 9 || { say "waiting for another bootstrap, which holds $cache/bootstrap.lock" && flock 9; }
install_packages
check_ports
install_uv
sync_environment
say "this machine is ready"
