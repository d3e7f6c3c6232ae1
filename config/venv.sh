#!/bin/sh
# Makes .venv and keeps it up to date: config/venv.sh REQUIREMENTS_FILE...
# A copy of each installed file stays in .venv: the next call compares and has nothing to do.
# The files are locked whole (`make lock`), so nothing is resolved: pip would take what a package asks for with an extra
# from the registry, newer than the pin, and then refuse it for want of a hash.
set -eu

suitable='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'

find_python() {
    for candidate in ${PYTHON:-python3.12 python3.11 python3}; do
        if "$candidate" -c "$suitable" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "no ${PYTHON:-python3}")
    echo "Rollbook needs Python 3.11 or 3.12 with its venv module, and here is $found: install one (Debian, Ubuntu:" \
        "sudo apt-get install python3.11 python3.11-venv) or name one, for example PYTHON=/opt/python3.12/bin/python3 make." >&2
    return 1
}

outdated=
for requirements in "$@"; do
    cmp -s "$requirements" ".venv/$requirements" || outdated="$outdated $requirements"
done

if ! .venv/bin/python -c "$suitable" 2>/dev/null; then
    outdated=$*
fi
if [ -z "$outdated" ]; then
    exit 0
fi

if ! .venv/bin/python -c "$suitable" 2>/dev/null || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
pip=".venv/bin/python -m pip"
export PIP_DISABLE_PIP_VERSION_CHECK=1
for requirements in $outdated; do
    echo "Installing $requirements"
    if ! $pip install --quiet --no-deps --require-hashes -r "$requirements"; then
        echo "The packages of $requirements could not be installed: pip says why above. Put that right and run make again." >&2
        exit 1
    fi
    if ! $pip check >&2; then
        echo "The packages of $requirements do not fit each other: pip says which above. Run make lock, commit what it" \
            "writes, and run make again." >&2
        exit 1
    fi
    cp "$requirements" ".venv/$requirements"
done
