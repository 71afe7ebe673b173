#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes every lock in locks/ again: one per library family and Python version. Needs the network and takes a minute.
#
#   scripts/lock.sh                       keep the locked versions where they still fit
#   scripts/lock.sh --upgrade             take the newest that fit
#   scripts/lock.sh --upgrade-package X   only of X
set -eu
cd "$(dirname "$0")/.."
uv=${VENV:-.venv}/bin/uv

lock() { # family, Python version, platform that its wheels need, further arguments
    family=$1 version=$2 platform=$3
    shift 3
    target=locks/tensorflow-$family-py$(echo "$version" | tr -d .).txt
    echo "$target"
    "$uv" pip compile pyproject.toml --extra tensorflow --extra dev --quiet \
        --config-file "locks/tensorflow-$family.toml" \
        --python-version "$version" --python-platform "$platform" --generate-hashes \
        --custom-compile-command "make lock  (TensorFlow $family, Python $version)" \
        --output-file "$target" "$@"
}

for version in 3.10 3.11; do
    lock 2.16 "$version" x86_64-manylinux_2_28 "$@"
done
for version in 3.10 3.11 3.12 3.13; do
    lock 2.21 "$version" x86_64-manylinux_2_39 "$@"
done

# TFX itself as a guest, for `make test-tfx`: 1.16 is the last that runs on glibc before 2.39, and it needs Python 3.10.
echo locks/tfx-1.16-py310.txt
printf 'tfx==1.16.0\nhypothesis>=6.100\npytest>=8.3\npytest-xdist>=3.6\n' | "$uv" pip compile pyproject.toml - --extra tfx --quiet \
    --config-file locks/tensorflow-2.16.toml \
    --python-version 3.10 --python-platform x86_64-manylinux_2_28 --generate-hashes \
    --custom-compile-command "make lock  (TFX 1.16, Python 3.10)" --output-file locks/tfx-1.16-py310.txt "$@"

# The installer itself, so that pip can fetch it by hash before there is anything else.
echo locks/uv.txt
sed -n '/^uv==/,/^    #/p' locks/tensorflow-2.16-py311.txt >locks/uv.txt
