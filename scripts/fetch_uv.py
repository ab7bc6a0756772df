"""Put the ``uv`` of ``uv.lock`` into ``.uv/bin``, with nothing but Python's own library (Debian's has no pip).

    python3 scripts/fetch_uv.py

The wheel is the one that the lock file names for this machine, and its digest is checked.
"""

import hashlib
import io
import platform
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / ".uv" / "bin" / "uv"
MACHINES = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
TIMEOUT_SECONDS = 120


def wheel_of(lock: str) -> tuple[str, str]:
    """URL and ``sha256`` of uv's wheel for this machine.

    Raises:
        SystemExit: there is none.
    """
    package = next(package for package in tomllib.loads(lock)["package"] if package["name"] == "uv")
    machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        system, machine = "macosx", machine.replace("aarch64", "arm64")
    else:
        system = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    fitting = [wheel for wheel in package["wheels"] if system in wheel["url"] and f"_{machine}." in wheel["url"]]
    if not fitting:
        raise SystemExit(f"there is no uv for {sys.platform} on {platform.machine()}: install it by hand.")
    return fitting[0]["url"], fitting[0]["hash"].removeprefix("sha256:")


def main() -> None:
    """Command line."""
    url, digest = wheel_of((ROOT / "uv.lock").read_text(encoding="utf-8"))
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - from uv.lock, digest checked
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise SystemExit(f"{url} is not what uv.lock names: its digest differs.")
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".data/scripts/uv"))
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_bytes(wheel.read(name))
    TARGET.chmod(0o755)
    (ROOT / ".uv" / ".gitignore").write_text("*\n", encoding="utf-8")


if __name__ == "__main__":
    main()
