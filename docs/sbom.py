"""Writes what a release is made of, as CycloneDX: `.venv/bin/python docs/sbom.py` prints it.

Read from the two locks alone, so that the same locks give the same bytes; licences come from
docs/licences.py, which stops at one that nobody has read. `./mbote package` puts it into every release.
"""

import base64
import json
import re
import runpy
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
#: The machines that releases are made for.
MACHINES = ("x86_64", "aarch64")
ENTRY = re.compile(
    r"^([a-z0-9.-]+)==([^ ;\\]+)(?: ; ([^\\\n]+?))?((?: \\\n +--hash=sha256:[0-9a-f]{64})+)", re.MULTILINE
)
SPDX = re.compile(r"[A-Za-z0-9.-]+")


def text() -> str:
    """The whole document."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = [*python_parts(), *page_parts()]
    identity = json.dumps([project["version"], [part["bom-ref"] for part in parts]])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": "mbote", "name": "mbote", "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            },
        },
        "components": parts,
        "dependencies": [{"ref": "mbote", "dependsOn": [part["bom-ref"] for part in parts]}],
    }  # fmt: skip


def python_parts() -> Iterator[dict[str, Any]]:
    """The runtime lock, less what is for machines that no release is made for."""
    licences = runpy.run_path(str(ROOT / "docs" / "licences.py"))
    known = dict(licences["python_parts"]())
    for name, version, marker, hashes in ENTRY.findall((ROOT / "requirements.lock").read_text()):
        if marker and not any(Marker(marker).evaluate(on(machine)) for machine in MACHINES):
            continue
        yield part(f"pkg:pypi/{name}@{version}", name, version, licences["fitting"](name, known.get(name, ""))) | {
            # one for each file that the lock allows: which of them is shipped depends on the machine
            "properties": [
                {"name": "mbote:sha256", "value": value} for value in re.findall("sha256:([0-9a-f]+)", hashes)
            ]
        }


def on(machine: str) -> dict[str, str]:
    return {
        "platform_machine": machine, "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip


def page_parts() -> Iterator[dict[str, Any]]:
    """What the pages use, from the npm lock."""
    licences = runpy.run_path(str(ROOT / "docs" / "licences.py"))
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for place, facts in packages.items():
        if not place:
            continue
        name, version = place.rpartition("node_modules/")[2], facts["version"]
        digest = base64.b64decode(facts["integrity"].removeprefix("sha512-")).hex()
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield part(purl, name, version, licences["fitting"](name, facts.get("license", ""))) | {
            "hashes": [{"alg": "SHA-512", "content": digest}]
        }


def part(purl: str, name: str, version: str, licence: str) -> dict[str, Any]:
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "licenses": [named(licence)],
    }  # fmt: skip


def named(licence: str) -> dict[str, Any]:
    """As CycloneDX wants it: an SPDX name, an expression of several, or words of their own."""
    if SPDX.fullmatch(licence):
        return {"license": {"id": licence}}
    if " OR " in licence or " AND " in licence:
        return {"expression": licence}
    return {"license": {"name": licence}}


if __name__ == "__main__":
    sys.stdout.write(text())
