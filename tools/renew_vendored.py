"""Renew the JavaScript and CSS of others that the wheel ships, with version, licence and SHA-256.

    python tools/renew_vendored.py            # fetches with npm, by name and version
    python tools/renew_vendored.py --hashes   # only writes the hashes of what is there

Change `PACKAGES` to take another version.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "src" / "siteplan" / "publish" / "vendored"


@dataclass(frozen=True)
class Package:
    """A package of the npm registry, and which of its files are shipped under which name."""

    name: str
    version: str
    licence: str
    copyright: str
    files: dict[str, str]


PACKAGES = (
    Package(
        name="leaflet",
        version="1.9.4",
        licence="BSD-2-Clause",
        copyright="2010-2023 Volodymyr Agafonkin, 2010-2011 CloudMade",
        files={
            "dist/leaflet.js": "leaflet.js",
            "dist/leaflet.css": "leaflet.css",
            "LICENSE": "leaflet-LICENSE.txt",
        },
    ),
)


def fetch(package: Package) -> None:
    """Put the files of a package into the folder, as npm gives them."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", f"{package.name}@{package.version}", "--silent"]
        subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(scratch).glob("*.tgz"))
        with tarfile.open(archive) as files:
            files.extractall(scratch, filter="data")
        for source, target in package.files.items():
            shutil.copyfile(Path(scratch) / "package" / source, FOLDER / target)


def write_manifest() -> None:
    """Write what is shipped, with the hash of each file."""
    entries = [
        {
            "name": package.name,
            "version": package.version,
            "licence": package.licence,
            "copyright": package.copyright,
            "sha256": {
                name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
                for name in package.files.values()
            },
        }
        for package in PACKAGES
    ]
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Renew the files, or only their hashes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hashes", action="store_true", help="fetch nothing, only write the hashes")
    if not parser.parse_args().hashes:
        for package in PACKAGES:
            fetch(package)
    write_manifest()


if __name__ == "__main__":
    main()
