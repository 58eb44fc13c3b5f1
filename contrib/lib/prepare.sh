# Everything that contrib/run, contrib/test and contrib/wheels need before they start: sourced, not run.
#
#   prepare run     Debian packages, .venv, PJSIP, asterism with its native part
#   prepare test    the same, and what the tests use
#
# What was done is remembered in .venv/prepared-*, with a digest of all that it depends on, so that a
# second start takes no time.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=$root/.venv
log=$root/build/prepare.log

# To compile PJSIP and the native part.
build_packages=(g++ make cmake swig patch xz-utils pkg-config libssl-dev libopus-dev libspeex-dev libspeexdsp-dev
                libgsm1-dev libsrtp2-dev uuid-dev)
# The prompts that Playback and its kin name; a server without them runs, and warns.
run_packages=(asterisk-core-sounds-en-gsm)
# Phones and load generators that no one here wrote, for tests/sip; without them those tests skip.
test_packages=(sip-tester baresip-core sipsak)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "" "${0##*/}: $*"
    exit 1
}

# step TEXT COMMAND... : run a command quietly, its output into the log; show that time passes.
step() {
    local text=$1 begun=$SECONDS status=0
    shift
    printf '\n$ %s\n' "$*" >> "$log"
    "$@" >> "$log" 2>&1 < /dev/null &
    local pid=$!
    if [ -t 2 ]; then
        while kill -0 $pid 2> /dev/null; do
            printf '\r\033[K- %s ... %d s' "$text" $((SECONDS - begun)) >&2
            sleep 0.5
        done
        printf '\r\033[K' >&2
    else
        say "- $text ..."
    fi
    wait $pid || status=$?
    if [ $status -ne 0 ]; then
        say "- $text: FAILED. The end of $log:"
        tail -n 15 "$log" | sed 's/^/    /' >&2
        return $status
    fi
    say "- $text: done, $((SECONDS - begun)) s"
}

# A Python that asterism runs on; ASTERISM_PYTHON chooses another. Debian's comes first: it is built with
# profile-guided optimisation, and runs our code a quarter faster than one compiled without.
find_python() {
    local candidate
    for candidate in ${ASTERISM_PYTHON:-/usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "asterism needs Python 3.11 or newer. On Debian 12: apt-get install python3"
}

missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || echo "$package"
    done
}

apt_install() {
    # Packages that are there stay as they are; only a list that is missing or stale is fetched.
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@" || {
        apt-get update -q && apt-get install -y -q --no-install-recommends "$@"
    }
}

# debian_packages needed|useful PACKAGE... : install what is missing when we may, else name it once.
debian_packages() {
    local kind=$1 missing
    shift
    command -v dpkg-query > /dev/null || { say "- Not a Debian system: see to these yourself: $*"; return; }
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        if ! step "Debian packages: ${missing[*]}" apt_install "${missing[@]}"; then
            [ "$kind" = useful ] || die "apt-get could not install them. Is the mirror reachable? Then start again."
            say "- Going on without: ${missing[*]}"
        fi
    elif [ "$kind" = needed ]; then
        die "Debian packages are missing. As root: apt-get install --no-install-recommends ${missing[*]}"
    else
        say "- For the full picture, as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
}

python_packages() {
    # A venv and the headers; Debian keeps both apart from its python3.
    local python=$1
    "$python" -c 'import ensurepip' 2> /dev/null || echo python3-venv
    "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2> /dev/null || echo python3-dev
}

# A digest of all that decides what has to be installed; new Python files need no installation.
digest() {
    (cd "$root" && cat pyproject.toml contrib/lib/prepare.sh contrib/pjsip/build contrib/pjsip/config_site.h \
        contrib/pjsip/patches/* runtime/native/* contrib/namespace/asterism/__init__.py) | sha256sum | cut -c 1-16
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check -q "$@"; }

install_asterism() {
    # Asterism is compiled against the PJSIP that was just built, with the tools of .venv. An editable
    # installation: a changed or new Python file is seen at once.
    pip install --force-reinstall --no-deps "$1"/pjsua2-*.whl
    pip install --no-build-isolation --config-settings=build-dir=build/editable -e "$2"
    # Byte code for all, so that the first start is as quick as the others; a file that does not
    # compile is for the tests to tell.
    "$venv/bin/python" -m compileall -q "$venv/lib" "$root"/{dialplan,runtime,apps,functions} || true
}

prepare() {
    local what=$1 stamp now python pjsip
    stamp=$venv/prepared-$what
    now=$(digest)
    if [ "$(cat "$stamp" 2> /dev/null)" = "$now" ] && [ -x "$venv/bin/asterism" ]; then
        return
    fi
    mkdir -p "$root/build"
    : > "$log"
    say "Preparing (once; log: build/prepare.log)"
    python=$(find_python)
    mapfile -t build_packages < <(printf '%s\n' "${build_packages[@]}"; python_packages "$python")
    debian_packages needed "${build_packages[@]}"
    debian_packages useful "${run_packages[@]}"
    [ "$what" = run ] || debian_packages useful "${test_packages[@]}"
    if ! "$venv/bin/python" -c 'import pip' 2> /dev/null; then
        step ".venv of $("$python" --version)" "$python" -m venv --clear "$venv" || die "no virtual environment: see $log"
    fi
    pjsip=$("$venv/bin/python" "$root/contrib/pjsip/build") || die "PJSIP could not be built; what to do stands above"
    step "build tools" pip install 'scikit-build-core>=0.10' 'cython>=3.1' || die "pip cannot reach its index: start again when it does"
    local extras=sip,http,postgresql,spool,dns
    [ "$what" = run ] || extras+=,dev
    step "asterism and what it needs" install_asterism "$pjsip" "$root[$extras]" || die "asterism could not be installed: see $log"
    step "a look at the native part" "$venv/bin/python" -c 'import pjsua2, asterism._native' || die "the native part does not load: see $log"
    echo "$now" > "$stamp"
    # What serves the tests serves a run, and a change undoes both.
    if [ "$what" = test ]; then echo "$now" > "$venv/prepared-run"; fi
}
