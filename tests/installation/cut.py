"""An update whose power goes: `cut.py POINT ROOT STICK` ends itself, and all it has started, before step POINT.

A step is whatever changes the disk or starts a program, as the interpreter's own audit tells it. With
POINT 0 it runs to the end and writes how many steps there were.
"""

import os
import signal
import sys
from pathlib import Path

from hub.installation import update
from hub.installation.box import Box
from hub.installation.place import Place

CHANGES = {
    "os.rename", "os.symlink", "os.link", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.chown",
    "os.truncate", "subprocess.Popen", "shutil.rmtree", "shutil.copytree", "shutil.copyfile", "sqlite3.connect",
}  # fmt: skip


def main() -> None:
    point, root, stick = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    os.setpgid(0, 0)
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if (event in CHANGES or writes) and point >= 0:
            steps += 1
            if steps == point:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(count)
    try:
        update.update(Box(Place(root)), stick, lambda line: None)
    finally:
        sys.stdout.write(f"{steps}\n")


main()
