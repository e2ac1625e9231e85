"""What is committed holds no address of a registry, no path of a machine, and agrees with itself."""

import json
import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# Written with brackets, so that this file passes its own test.
REGISTRIES = re.compile(
    r"py[p]i\.org|pythonh[o]sted\.org|np[m]js\.(?:org|com)|deb[.]debian\.org|piwhe[e]ls\.org|//registr[y]\."
)
FOLDERS_OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:h[o]me|Us[e]rs|r[o]ot|w[o]rk)/\w")


def committed() -> list[Path]:
    """Everything that git holds, or would hold after the next `git add`."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("what is committed can only be told by git, in a clone")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {found[0]}"
        for file in committed()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        if (found := pattern.search(line))
    ]


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


def test_no_committed_file_names_a_registry():
    assert lines_with(REGISTRIES) == []


def test_no_committed_file_names_a_folder_of_somebody_s_machine():
    own = [re.escape(str(place)) for place in (ROOT, Path.home()) if len(place.parts) > 2]
    assert lines_with(re.compile("|".join([FOLDERS_OF_A_MACHINE.pattern, *own]))) == []


def test_there_is_a_lock_for_running_for_developing_and_for_building():
    assert [lock.name for lock in LOCKS] == ["requirements-build.lock", "requirements-dev.lock", "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_pins_with_hashes_and_nothing_else(lock):
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    pin = re.compile(r"[a-z0-9.-]+==[^ ]+( ; [^\\]+?)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    assert [entry.splitlines()[0] for entry in entries if not pin.fullmatch(entry)] == []


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [
        (PYPROJECT["project"]["dependencies"], "requirements.lock"),
        (PYPROJECT["dependency-groups"]["dev"], "requirements-dev.lock"),
        (PYPROJECT["dependency-groups"]["build"], "requirements-build.lock"),
    ],
    ids=["running", "developing", "building"],
)
def test_a_lock_satisfies_what_pyproject_asks_for(wanted, lock):
    pinned = pins(ROOT / lock)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned.get(requirement.name, "0")), f"{requirement}: make {lock} anew"


def test_tests_run_with_the_very_versions_that_are_shipped():
    running, developing = pins(ROOT / "requirements.lock"), pins(ROOT / "requirements-dev.lock")
    assert {name: developing.get(name) for name in running} == running


def test_the_page_parts_are_locked_by_hash_and_without_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    parts = {place: facts for place, facts in lock["packages"].items() if place}
    assert [place for place, facts in parts.items() if "resolved" in facts] == []
    assert [place for place, facts in parts.items() if not facts["integrity"].startswith("sha512-")] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text().splitlines()


def test_the_page_parts_are_pinned_to_one_version():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert {name: version for name, version in wanted.items() if not re.fullmatch(r"[0-9.]+", version)} == {}


def test_ci_runs_what_a_developer_runs():
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec ./mbote test']
    assert script.stat().st_mode & (ROOT / "mbote").stat().st_mode & 0o111


def test_the_licence_page_tells_what_is_shipped():
    written_by = runpy.run_path(str(ROOT / "docs" / "licences.py"))
    assert written_by["page"]() == written_by["PAGE"].read_text(), "run .venv/bin/python docs/licences.py"


def test_a_part_under_a_licence_that_the_gpl_refuses_is_noticed():
    licences = runpy.run_path(str(ROOT / "docs" / "licences.py"))
    with pytest.raises(licences["UnknownLicenceError"], match="somepart"):
        licences["fitting"]("somepart", "SSPL-1.0")
    assert licences["fitting"]("somepart", "SSPL-1.0 OR MIT") == "SSPL-1.0 OR MIT"


PAGE_SOURCES = {".html", ".css", ".js", ".svg"}


def page_sources() -> list[tuple[str, str]]:
    return [(str(file.relative_to(ROOT)), file.read_text()) for file in committed() if file.suffix in PAGE_SOURCES]


def test_no_page_fetches_anything_from_elsewhere():
    elsewhere = re.compile(
        r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//"""
    )
    assert [(name, found[0]) for name, text in page_sources() for found in elsewhere.finditer(text)] == []


def test_every_icon_that_a_page_shows_is_listed():
    listed = set((ROOT / "hub" / "look" / "icons.txt").read_text().split())
    shown = re.compile(r"icons\.svg[^\s\"'`]*#([a-z0-9-]+)")
    used = {(name, icon) for name, text in page_sources() for icon in shown.findall(text)}
    assert {(name, icon) for name, icon in used if icon not in listed} == set(), "add it to hub/look/icons.txt"


def test_the_icons_of_the_list_are_in_the_sprite():
    sprite = ROOT / "hub" / "look" / "static" / "vendor" / "icons.svg"
    listed = (ROOT / "hub" / "look" / "icons.txt").read_text().split()
    assert re.findall(r'<symbol id="icon-([^"]+)"', sprite.read_text()) == listed
    assert listed == sorted(set(listed))


# --- what a release is made of


SBOM = runpy.run_path(str(ROOT / "docs" / "sbom.py"))
#: Left out of the bill of materials: pins for machines that no release is made for.
NOT_SHIPPED = {"colorama", "rpi-ws281x"}


def test_the_bill_of_materials_names_every_part_that_is_shipped():
    parts = {(part["name"], part["version"]) for part in SBOM["document"]()["components"]}
    locked = set(pins(ROOT / "requirements.lock").items())
    places = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    pages = {(place.rpartition("node_modules/")[2], facts["version"]) for place, facts in places.items() if place}
    assert {each for each in (locked | pages) - parts if each[0] not in NOT_SHIPPED} == set()
    assert parts - locked - pages == set(), "it names what is not there"


def test_the_bill_of_materials_is_well_formed_and_always_the_same():
    bill = json.loads(SBOM["text"]())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(references) == len(set(references))
    assert bill["dependencies"] == [{"ref": "mbote", "dependsOn": references}]
    assert all(part["licenses"] and part["purl"].startswith("pkg:") for part in bill["components"])
    assert SBOM["text"]() == SBOM["text"]()


def test_no_entry_of_the_lock_is_one_that_the_bill_cannot_read():
    lock = ROOT / "requirements.lock"
    assert {entry[0] for entry in SBOM["ENTRY"].findall(lock.read_text())} == pins(lock).keys()


def test_the_package_asks_for_what_its_scripts_use():
    described = (ROOT / "systemd" / "nfpm.yaml").read_text()
    for needed in ("python3 (>= 3.11)", "python3-venv", "nftables", "cage", "chromium"):
        assert f"- {needed}\n" in described
    for script in ("postinst", "prerm", "postrm", "lay", "screen"):
        file = ROOT / "systemd" / script
        assert file.stat().st_mode & 0o111, f"{script} cannot be run"
        checked = subprocess.run(["sh", "-n", file], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_removing_the_package_leaves_what_the_agency_has_recorded():
    script = (ROOT / "systemd" / "postrm").read_text()
    removed = re.findall(r"^\s*rm .*", script, re.MULTILINE)
    assert removed == ["rm -rf /opt/mbote"]


def test_the_version_is_the_same_everywhere():
    from hub import VERSION  # noqa: PLC0415

    assert PYPROJECT["project"]["version"] == VERSION
