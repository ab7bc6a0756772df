#!/bin/sh
# Create .venv with everything in it, from a machine that has Python and git only.
# A second call finds that nothing has changed and ends at once.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.opsroom-setup
wanted="$(pwd) $(cat uv.lock pyproject.toml scripts/bootstrap.sh | cksum)"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/opsroom ]; then
    exit 0
fi

say() { echo "setup: $*" >&2; }

find_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

find_uv() {
    for uv in "$(command -v uv || true)" .uv/bin/uv; do
        if [ -n "$uv" ] && "$uv" --version >/dev/null 2>&1; then
            echo "$uv"
            return
        fi
    done
}

python="$(find_python)"
uv="$(find_uv)"
if [ -z "$uv" ]; then
    if [ -z "$python" ]; then
        say "Python 3.11, 3.12 or 3.13 is needed. Debian: apt-get install python3; macOS: brew install python@3.13"
        exit 3
    fi
    say "fetching uv with $python"
    if ! "$python" scripts/fetch_uv.py; then
        say "cannot fetch uv. Install it (https://docs.astral.sh/uv) and run the same command again."
        exit 3
    fi
    uv=.uv/bin/uv
fi
say "installing into .venv (about 900 MB) with $("$uv" --version)"
# With uv but without a supported Python, uv fetches one.
UV_PYTHON="${python:->=3.11,<3.14}" UV_COMPILE_BYTECODE=1 "$uv" sync --frozen --quiet
printf '%s' "$wanted" >"$stamp"
say "done: .venv/bin/opsroom --help"
