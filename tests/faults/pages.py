"""What a page in Chromium saw, as lines of a history: `window.mboteHistory` (hub/look/static/history.js).

The browser's clock is the wall; the lines are on the machine's monotonic one, to within `DT_NS`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from hub.history import FUNCTIONS, asked, told

ASKED_FOR = "window.mboteHistory = []"
DT_NS = 5_000_000
Line = dict[str, Any]


def watched(page: Page) -> Page:
    """The page, which keeps a history from its first script on."""
    page.add_init_script(ASKED_FOR)
    return page


def written_down(page: Page, name: str, book: Path) -> int:
    """Add what the page saw to a book; how many lines."""
    offset = time.time_ns() - time.monotonic_ns()
    lines: list[Line] = []
    lane, open_asks = 1, {}
    for seen in page.evaluate("window.mboteHistory"):
        t = round(seen["at"] * 1_000_000) - offset
        for line in _lines(seen, f"dev:{name}", len(lines), open_asks):
            lines.append({"v": 1, "t": t, "dt": DT_NS, "p": f"{name}.page.{lane}"} | line)
            lane += line["k"] == "info"
    counts: dict[str, int] = {}
    with book.open("a", encoding="utf-8") as file:
        for line in lines:
            line["n"] = counts.get(line["p"], 0)
            counts[line["p"]] = line["n"] + 1
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return len(lines)


def _lines(seen: Line, actor: str, number: int, open_asks: dict[str, Line]) -> list[Line]:
    kind = seen["kind"]
    if kind in ("invoke", "ok", "fail", "info") and seen["key"] not in open_asks and seen.get("what") not in FUNCTIONS:
        return []  # a trouble, or help: the format has no word for it, and no rule looks at it
    if kind == "invoke":
        ask = open_asks[seen["key"]] = {
            "k": "invoke", "op": f"{actor}.{number}", "f": FUNCTIONS[seen["what"]], "key": seen["key"], "actor": actor,
            "a": asked(seen["what"], seen["body"]), "try": 0,
        }  # fmt: skip
        return [ask]
    if kind in ("ok", "fail", "info"):
        ask = open_asks.pop(seen["key"])
        facts: Line = {"why": "no answer"}
        if kind == "ok":
            facts = {"r": told(ask["f"], seen["answer"])}
        elif kind == "fail":
            facts = {"code": seen["answer"]["error"]["code"]}
        return [{"k": kind, "op": ask["op"]} | facts]
    return [
        {"k": "obs", "f": f, "actor": actor, "r": r, "seq": seen.get("seq", 0), "epoch": seen.get("epoch", 0)}
        for f, r in _seen(kind, seen)
    ]


def _seen(kind: str, seen: Line) -> list[tuple[str, Line]]:
    if kind == "announce":
        return [("announce", {"call": seen["call"], "rep": seen["repeat"]})]
    if kind == "panel":
        return [
            ("panel.frame", {"counter": face["counter"], "label": face["ticket"], "state": face["state"]})
            for face in seen["counters"]
        ]
    entries = [
        (call["state"], {"call": call["call"], "label": call["ticket"], "counter": call["counter"]})
        for call in seen["shown"]
    ]
    return [
        (
            "display.frame",
            {
                "cur": [entry for state, entry in entries if state == "called"],
                "listed": [entry for state, entry in entries if state != "called"],
                "fresh": seen["fresh"],
            },
        )
    ]
