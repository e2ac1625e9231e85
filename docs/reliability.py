"""Writes into reliability.md what comes from the program, the rules: `python docs/reliability.py`; a test runs it.

Everything else on that page is written by hand, and only after it was run.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hub.judge.table import RULES

PAGE = Path(__file__).with_name("reliability.md")
HEAD = "| rule | what it says | looks at |\n|---|---|---|\n"


def rules() -> str:
    """One row a rule."""
    rows = []
    for name, rule in RULES.items():
        looks = rule.silent or ("history and export" if rule.export else "history")
        rows.append(f"| {name} | {rule.title} | {looks} |")
    return HEAD + "\n".join(rows) + "\n"


def page(text: str) -> str:
    """The page with its table of rules as they are."""
    return re.sub(rf"{re.escape(HEAD)}(?:\|.*\n)+", lambda _: rules(), text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
