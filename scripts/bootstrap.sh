#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the environment that this project runs in: .venv/, from the lock in locks/ that suits this machine, with the
# project itself installed in place. Where that is already so it does nothing, in a few milliseconds.
#
#   PYTHON=…   the interpreter to use; by default the first suitable one of python3, python3.13 … python3.10
#   LOCK=…     the file in locks/ to use, for an environment with something else in it
#   VENV=…     the folder to make (.venv). One that is there and was not made by this script is never changed.
#
# Everything stays inside that folder, the caches included, which are removed at the end.
set -eu
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
stamp=$venv/.setup # "incomplete" while at work; then the lock, what went into the environment, and where it stands

say() { printf '%s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------------------------------- is it there already?

digest() { # of all that decides what is in an environment made from lock $1
    cat "locks/$1" locks/uv.txt pyproject.toml setup.py src/penstock/version.py scripts/bootstrap.sh | sha256sum | cut -c1-64
}

read_stamp() {
    [ -f "$stamp" ] && { read -r made_from && read -r made_of && read -r made_in && read -r made_by; } <"$stamp"
}

identity() { # of the interpreter $1, the same inside an environment that was made with it
    "$1" -S -c 'import sys; print("%d.%d %s" % (sys.version_info[:2] + (sys.base_prefix,)))' 2>/dev/null
}

is_usable() { # same place, a lock that is still there, an interpreter that still starts and is the one asked for
    read_stamp && [ "$made_in" = "$PWD" ] && [ -f "locks/$made_from" ] || return 1
    [ "$(identity "$venv/bin/python")" = "$made_by" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$made_by" ]
}

is_current() {
    is_usable && [ "$(digest "$made_from")" = "$made_of" ]
}

# ------------------------------------------------------------------------------------------ which interpreter?

# Prints "lock venv-or-not description", or fails where the interpreter is none that Python 3 knows.
probe='
import os, sys
version = "%d.%d" % sys.version_info[:2]
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION").split()[1]
except (AttributeError, OSError, ValueError):
    libc = "none"
family = "none"
if libc != "none" and sys.implementation.name == "cpython" and sys.maxsize > 2**32 and os.uname()[4] == "x86_64":
    family = "2.21" if tuple(map(int, libc.split("."))) >= (2, 39) else "2.16"
try:
    import ensurepip, venv
    can = "venv"
except ImportError:
    can = "no-venv"
print("tensorflow-%s-py%s.txt %s %s" % (family, version.replace(".", ""), can, version))
'

find_python() { # sets python, lock, version; explains and exits where there is none
    found='' without_venv=''
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c '' 2>/dev/null || fail "PYTHON=$PYTHON is no Python interpreter that starts."
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11 python3.10
    fi
    for python in "$@"; do
        answer=$("$python" -c "$probe" 2>/dev/null) || continue
        lock=${LOCK:-${answer%% *}} version=${answer##* }
        found="$found $python ($version)"
        [ -f "locks/$lock" ] || continue
        case $answer in
        *" no-venv "*) without_venv=${without_venv:-$version} ;;
        *) return 0 ;;
        esac
    done
    [ -z "$without_venv" ] || fail "Python $without_venv has no venv module here." \
        "On Debian and Ubuntu: apt install python$without_venv-venv"
    fail "no Python was found for which all libraries have wheels." \
        "this machine: $(uname -s) $(uname -m), $(getconf GNU_LIBC_VERSION 2>/dev/null || echo 'no glibc');" \
        "  found:${found:- no Python 3}" \
        "supported are, on Linux x86_64:" \
        "  glibc 2.28 to 2.38 (Debian 12, Ubuntu 22.04) with Python 3.10 or 3.11" \
        "  glibc 2.39 or newer (Debian 13, Ubuntu 24.04) with Python 3.10, 3.11, 3.12 or 3.13" \
        "Install one (on Debian 12: apt install python3.11-venv), or name it: make PYTHON=/path/to/python3.11"
}

check_compiler() { # one library has no wheel for Python 3.10 and is compiled
    [ "$version" = 3.10 ] || return 0
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
    if ! command -v g++ >/dev/null || [ ! -f "$headers/Python.h" ]; then
        fail "with Python 3.10 one library (pyfarmhash) is compiled, which needs g++ and Python's headers." \
            "On Debian and Ubuntu: apt install g++ python3.10-dev. Python 3.11 and later need neither."
    fi
}

# --------------------------------------------------------------------------------------------------- set it up

make_venv() { # an empty environment with the pinned installer in it
    say "setup: making $venv with Python $version"
    rm -rf "$venv"
    mkdir -p "$venv"
    echo incomplete >"$stamp"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r locks/uv.txt
}

install_lock() {
    case $venv in /*) UV_CACHE_DIR=$venv/.cache ;; *) UV_CACHE_DIR=$PWD/$venv/.cache ;; esac
    export UV_CACHE_DIR UV_PYTHON_DOWNLOADS=never
    # uv does not read what pip was told about a mirror and its certificate.
    [ -n "${UV_DEFAULT_INDEX:-}" ] || [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="$PIP_INDEX_URL"
    [ -n "${SSL_CERT_FILE:-}" ] || [ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="$PIP_CERT"
    say "setup: installing $(grep -c '^[a-z0-9]' "locks/$lock") packages from locks/$lock"
    if [ -t 2 ]; then quiet=''; else quiet=--quiet; fi
    # shellcheck disable=SC2086 # empty means no argument
    "$venv/bin/uv" pip sync $quiet --python "$venv/bin/python" --require-hashes --build-constraints "locks/$lock" "locks/$lock"
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --offline --editable .
}

# Loads what runs load, which shows that this machine can, and leaves the bytecode of just that: 6,000 files of 15,000.
check_imports() {
    say "setup: checking that the libraries load"
    log=$venv/import.log
    PYTHONDONTWRITEBYTECODE='' KERAS_HOME=$UV_CACHE_DIR TF_CPP_MIN_LOG_LEVEL=3 "$venv/bin/python" -c '
import ml_metadata.metadata_store, penstock
import tensorflow, apache_beam, tensorflow_data_validation, tensorflow_transform, tensorflow_model_analysis, tf_keras
' >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        fail "the libraries are installed but do not load (all that was said: $log)"
    }
    rm -f "$log"
}

finish() {
    rm -rf "$UV_CACHE_DIR"
    { echo "$lock" && digest "$lock" && echo "$PWD" && identity "$venv/bin/python"; } >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

set_up() {
    started=$(date +%s)
    if is_usable; then # only what is to be in it has changed
        python=$venv/bin/python lock=$made_from version=${made_by%% *}
        announce_failure
        echo incomplete >"$stamp"
    else
        find_python
        check_compiler
        announce_failure
        make_venv
    fi
    install_lock
    check_imports
    finish
    say "setup: ready after $(($(date +%s) - started)) s"
}

announce_failure() {
    trap '[ $? -eq 0 ] || say "setup: not finished; the same command starts it afresh" >&2' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

if ! is_current; then
    if command -v flock >/dev/null; then # two at once: the second waits, and finds the work done
        exec 9<scripts/bootstrap.sh
        flock 9
        is_current && exit 0
    fi
    if [ -e "$venv" ] && [ ! -e "$stamp" ]; then
        [ -x "$venv/bin/penstock" ] && exit 0 # the user's own, with what is needed in it
        fail "$venv was not made by this script and has no penstock in it; it is left alone." \
            "Remove it, or choose another folder: make VENV=.venv-penstock"
    fi
    set_up
fi
