"""The program of a small release: a hub on a real database, started, stopped and asked.

`payload.py PROGRAM hub|check|verify …` stands for `mbote`; `start`, `stop` and `ask` for systemd and a visitor.
The manner of a version says how its hub behaves: well, never answers, dies, breaks its journal.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def settings(config: Path) -> dict:
    return tomllib.loads((config / "local.toml").read_text())["hub"]


def hub(version: Path, config: Path) -> None:
    """Open the data, migrate it, record the start, answer."""
    manner, at = (version / "manner").read_text(), settings(config)
    rehearsal = "rehearsal" in at["data"]
    if manner == "dies" or (manner == "dies in earnest" and not rehearsal):
        sys.exit("cannot live")
    data = Path(at["data"])
    data.mkdir(exist_ok=True)
    db = sqlite3.connect(data / "mbote.db", isolation_level=None)
    db.execute("PRAGMA page_size = 1024")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, kind TEXT, payload TEXT)")
    db.execute("CREATE TABLE IF NOT EXISTS migration (version TEXT)")
    db.execute("INSERT INTO migration VALUES (?)", (version.name,))
    db.execute("INSERT INTO journal (kind) VALUES ('hub_started')")
    if manner == "asked meanwhile" and not rehearsal:
        db.execute("INSERT INTO journal (kind, payload) VALUES ('ticket_issued', 'D004')")
    if manner in ("silent", "asked meanwhile") or (manner == "silent in earnest" and not rehearsal):
        time.sleep(3600)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"version": version.name}).encode())

        def log_message(self, *_: object) -> None:
            pass

    HTTPServer.allow_reuse_address = True
    HTTPServer(("127.0.0.1", at["port"]), Answer).serve_forever()


def start(root: Path) -> None:
    """As systemd does for Type=notify: comes back when it answers, or says that it does not."""
    if (root / "hub.pid").exists():
        return
    program = root / "opt" / "mbote" / "current" / "bin" / "mbote"
    process = subprocess.Popen(
        [program, "hub", "--config", root / "etc" / "mbote"],
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    (root / "hub.pid").write_text(str(process.pid))
    for _ in range(300):
        if ask(root):
            return
        if process.poll() is not None or ((program.parents[1] / "manner").read_text() in PATIENCELESS):
            sys.exit("Job for mbote-hub.service failed")
        time.sleep(0.01)
    sys.exit("Job for mbote-hub.service timed out")


#: Manners of which a start knows soon enough that nothing will come.
PATIENCELESS = ("silent", "silent in earnest")


def stop(root: Path) -> None:
    with suppress(FileNotFoundError, ProcessLookupError):
        os.killpg(int((root / "hub.pid").read_text()), signal.SIGKILL)
    (root / "hub.pid").unlink(missing_ok=True)
    while ask(root):
        time.sleep(0.01)


def ask(root: Path) -> str:
    port = settings(root / "etc" / "mbote")["port"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return json.loads(answer.read())["version"]
    except OSError:
        return ""


def main() -> None:
    what, where = sys.argv[1], Path(sys.argv[2])
    if what in ("start", "stop", "ask"):
        sys.stdout.write({"start": start, "stop": stop, "ask": ask}[what](where) or "")
        return
    version = Path(what).resolve().parents[1]
    manner, verb = (version / "manner").read_text(), sys.argv[2]
    if verb == "hub":
        hub(version, Path(sys.argv[4]))
    elif verb == "check" and manner == "misunderstands":
        sys.exit("agency.toml: agency.code: unknown key")
    elif verb == "verify" and (
        manner == "breaks" or (manner == "breaks in earnest" and "rehearsal" not in sys.argv[-1])
    ):
        sys.exit("journal: entry 3 was altered")


main()
