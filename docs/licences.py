"""Writes docs/licences.md: what Mbote is shipped with, and under which licence each part stands.

`.venv/bin/python docs/licences.py`, after a lock has changed. Stops at a licence that nobody has
yet found to fit the GPL-3; tests/test_packaging.py runs the same code and compares.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"

# Those that a work under the GPL-3 may contain. OFL fonts lie beside the code, as the OFL allows.
FITTING = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "GPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "OFL-1.1",
    "PSF-2.0",
    "Public domain",
}
# What authors write instead of the SPDX name.
SPELLINGS = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Public Domain": "Public domain",
}
# Read in the package or its repository, where the metadata says nothing.
READ_BY_HAND = {
    "espeakng-loader": "GPL-3.0-or-later",  # for the espeak-ng library and voices that it carries
    "pyrage": "MIT",  # the LICENSE of its wheel
    "xmlhttprequest-ssl": "MIT",
}

INTRODUCTION = """\
# Licences

Mbote is under the GPL-3.0-or-later (see `LICENSE`). The strictest of its parts decides: the voice,
espeak-ng, is under the GPL-3.0-or-later and is loaded into our process. Every other part has a licence
that the GPL-3 takes in; the fonts lie beside the code, as the OFL allows. The texts for what the
pages use are copied with it (`hub/look/static/vendor/LICENCES.txt`); each Python package carries its own.

Written by `docs/licences.py` from the locks and the installed packages: do not edit.
"""


class UnknownLicenceError(Exception):
    """Somebody has to read this licence before the part may be shipped."""


def page() -> str:
    tables = (("Python packages", python_parts()), ("Parts of the pages", page_parts()))
    return INTRODUCTION + "".join(table(title, parts) for title, parts in tables)


def table(title: str, parts: Iterator[tuple[str, str]]) -> str:
    rows = "".join(f"| {name} | {fitting(name, licence)} |\n" for name, licence in parts)
    return f"\n## {title}\n\n| part | licence |\n|---|---|\n{rows}"


def python_parts() -> Iterator[tuple[str, str]]:
    """The runtime lock, less what is for machines that Mbote does not run on."""
    for name in re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE):
        try:
            facts = metadata(name)
        except PackageNotFoundError:
            continue
        classifiers = [line for line in facts.get_all("Classifier") or () if line.startswith("License ::")]
        said = facts["License-Expression"] or facts["License"] or (classifiers or [""])[0].rpartition(":: ")[2]
        yield name, said


def page_parts() -> Iterator[tuple[str, str]]:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for place, facts in packages.items():
        if place:
            yield place.removeprefix("node_modules/"), facts.get("license", "")


def fitting(name: str, said: str) -> str:
    licence = SPELLINGS.get(said) or said or READ_BY_HAND.get(name, "")
    alternatives = licence.split(" OR ")
    if not any(FITTING.issuperset(one.split(" AND ")) for one in alternatives):
        message = f"{name}: is {licence or 'no licence'!r} one that the GPL-3 takes in? See docs/licences.py"
        raise UnknownLicenceError(message)
    return licence


if __name__ == "__main__":
    try:
        PAGE.write_text(page())
    except UnknownLicenceError as refusal:
        sys.exit(str(refusal))
    print(f"written: {PAGE.relative_to(ROOT)}")
