#!/bin/sh
# Create .venv with everything in it, from a machine that has Python and git only.
# A second call finds that nothing has changed and ends at once.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
stamp=.venv/.opsroom-setup
wanted="$(pwd) $(cat uv.lock pyproject.toml scripts/bootstrap.sh | cksum)"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/opsroom ]; then
    exit 0
fi

say() { echo "setup: $*" >&2; }

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if supported "$name"; then
            command -v "$name"
            return
        fi
    done
}

any_python() {
    for name in python3 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

in_environment() { "$1" -m venv .uv >/dev/null 2>&1 && .uv/bin/python -m pip install --quiet "uv==$UV_VERSION"; }
beside() { rm -rf .uv && "$1" -m pip install --quiet --target .uv "uv==$UV_VERSION"; }
with_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
}

# Sets $uv.
find_uv() {
    for uv in "$(command -v uv || true)" .uv/bin/uv; do
        if [ -n "$uv" ] && "$uv" --version >/dev/null 2>&1; then
            return
        fi
    done
    python="$1"
    if [ -z "$python" ]; then
        say "Python 3.11, 3.12 or 3.13 is needed. Debian: apt-get install python3; macOS: brew install python@3.13"
        exit 3
    fi
    say "fetching uv $UV_VERSION with $python"
    # Debian's Python has neither ensurepip nor pip until python3-venv is there.
    if ! in_environment "$python" && ! beside "$python" 2>/dev/null; then
        if ! { with_apt && rm -rf .uv && in_environment "$python"; }; then
            rm -rf .uv
            say "cannot fetch uv. Run: sudo apt-get install python3-venv   (or install uv: https://docs.astral.sh/uv)"
            exit 3
        fi
    fi
    echo '*' >.uv/.gitignore
    uv=.uv/bin/uv
}

python="$(find_python)"
find_uv "${python:-$(any_python)}"
say "installing into .venv (about 900 MB) with $("$uv" --version)"
# Without a supported Python here, uv fetches one.
UV_PYTHON="${python:->=3.11,<3.14}" UV_COMPILE_BYTECODE=1 "$uv" sync --frozen --quiet
printf '%s' "$wanted" >"$stamp"
say "done: .venv/bin/opsroom --help"
