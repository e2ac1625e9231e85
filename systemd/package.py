"""Makes what is installed on boxes: `./mbote package` writes dist/mbote-VERSION-MACHINE.tar and .deb.

The .tar is the signed release that is carried on a stick (`mbote update`); the .deb holds the same files,
for a box that has nothing yet. Both are made from the locks alone: wheels come once, by hash, into
dist/wheels, and the same commit then gives the same bytes without any network. The private key stays
with whoever makes releases (`--key`; made at the first use): keep it off the agencies' boxes.
"""

import argparse
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.installation import release

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
HERE = ROOT / "systemd"
#: uname's word → Debian's.
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
#: Pythons of Debian 12 and 13.
PYTHONS = ("311", "313")
#: The C libraries that those have, and older ones that wheels are made for.
LIBRARIES = ("2014", *(f"_2_{minor}" for minor in range(17, 37)))
#: What the box itself needs of systemd/.
INSTALLED = ("*.service", "*.timer", "mbote.*", "firewall.nft", "screen", "lay")
PAGES = ("technician", "cli", "configuration", "supervisor", "licences")
PACKAGES = ("hub", "kiosk", "display", "counter_panel", "hardware")
IN_A_CLONE_ONLY = "hub/look/vendor.py"
SCRIPTS = ("postinst", "prerm", "postrm")
KEY = Path("~/.config/mbote/release.ed25519").expanduser()


def main() -> None:
    words = argparse.ArgumentParser(prog="./mbote package", description=__doc__.splitlines()[0])
    words.add_argument("--key", type=Path, default=KEY, help="the private key that releases are signed with")
    words.add_argument("--machine", choices=MACHINES, action="append", help="only for this one; may be repeated")
    asked = words.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    key = signing_key(asked.key)
    ours = our_wheel(version)
    for machine in asked.machine or MACHINES:
        folder = lay_out(version, machine, ours)
        release.sign(folder, version, machine, key)
        tar = DIST / f"mbote-{version}-{machine}.tar"
        release.pack(folder, tar)
        deb = debian_package(version, machine, folder)
        for made in (tar, deb):
            print(f"{made.relative_to(ROOT)}  {made.stat().st_size:,} bytes  sha256 {release.file_hash(made)}")


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file of 32 bytes; made where there is none, and said so."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
        print(
            f"a new key for your releases: {path}. Boxes installed from now on trust it alone: keep a copy in a safe."
        )
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def our_wheel(version: str) -> Path:
    """The program itself, with the parts of its pages. One date for all files, so that nothing else is in the bytes."""
    built = DIST / "ours"
    shutil.rmtree(built, ignore_errors=True)
    run(
        ROOT / ".venv-build" / "bin" / "python", "-m", "hatchling", "build", "-t", "wheel", "-d", built,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(commit_date())}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    [wheel] = built.glob(f"mbote-{version}-*.whl")
    if missing := sorted(committed() - set(zipfile.ZipFile(wheel).namelist()) - {IN_A_CLONE_ONLY}):
        sys.exit(f"mbote: the wheel lacks {', '.join(missing)}: see [tool.hatch.build.targets.wheel] in pyproject.toml")
    return wheel


def committed() -> set[str]:
    """Every file of our packages that git holds; none where this is no clone."""
    said = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    return set(said.stdout.split())


def wheels(machine: str) -> Path:
    """The wheels of the runtime lock for one machine and both Pythons; downloaded when the lock has changed."""
    folder = DIST / "wheels" / machine
    made_from = str(zlib.crc32((ROOT / "requirements.lock").read_bytes()))
    stamp = folder / ".stamp"
    if stamp.exists() and stamp.read_text() == made_from:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    platforms = [word for library in LIBRARIES for word in ("--platform", f"manylinux{library}_{machine}")]
    for python in PYTHONS:
        run(
            sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "--only-binary=:all:", *platforms, "--implementation", "cp",
            "--python-version", python, "--abi", f"cp{python}", "--abi", "abi3", "--abi", "none",
            "-r", ROOT / "requirements.lock", "-d", folder,
        )  # fmt: skip
    stamp.write_text(made_from)
    return folder


def lay_out(version: str, machine: str, ours: Path) -> Path:
    """All files of a release in a folder."""
    folder = DIST / f"mbote-{version}-{machine}"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("wheels", "systemd", "docs"):
        (folder / name).mkdir(parents=True)
    for wheel in (*sorted(wheels(machine).glob("*.whl")), ours):
        shutil.copy(wheel, folder / "wheels")
    for pattern in INSTALLED:
        for file in sorted(HERE.glob(pattern)):
            shutil.copy(file, folder / "systemd")
    for page in PAGES:
        shutil.copy(ROOT / "docs" / f"{page}.md", folder / "docs")
    shutil.copy(ROOT / "requirements.lock", folder)
    sbom = runpy.run_path(str(ROOT / "docs" / "sbom.py"))
    (folder / "sbom.cdx.json").write_text(sbom["text"](), "utf-8")
    return folder


def debian_package(version: str, machine: str, folder: Path) -> Path:
    """The same files for dpkg, which lays them where `postinst` finds them."""
    deb = DIST / f"mbote_{version}_{MACHINES[machine]}.deb"
    described = (HERE / "nfpm.yaml").read_text("utf-8")
    values = {"VERSION": version, "ARCH": MACHINES[machine], "RELEASE": str(folder.relative_to(ROOT))}
    for each in (*folder.rglob("*"), folder, *(HERE / name for name in SCRIPTS)):
        os.utime(each, (commit_date(), commit_date()))
    recipe = DIST / "nfpm.yaml"
    recipe.write_text(re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], described), "utf-8")
    run(
        ROOT / ".venv" / "bin" / "nfpm", "package", "--packager", "deb", "--config", recipe, "--target", deb,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(commit_date())}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return deb


def commit_date() -> int:
    """When the commit that is packed was made, in seconds: the date of every file in the package."""
    said = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(said.stdout.strip() or 1_700_000_000)


def run(*words: object, **more: object) -> None:
    """Run a program of ours; stop with its own words when it fails."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, check=False, **more)
    if done.returncode:
        sys.exit(f"mbote: {Path(str(words[0])).name} failed: see above")


if __name__ == "__main__":
    main()
