"""`python -m hub.judge DIR`: the verdict as JSON. Exit status 0 valid, 1 invalid, 2 unknown or vacuous."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hub.judge import NoRun, judge_folder


def main() -> int:
    """Judge the folder named on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004 (the program and its folder)
        sys.stderr.write("usage: python -m hub.judge DIR   (DIR holds history.jsonl, final.jsonl, run.json)\n")
        return 2
    try:
        verdict = judge_folder(Path(sys.argv[1]))
    except NoRun as error:
        sys.stderr.write(f"judge: {error}\n")
        return 2
    sys.stdout.write(json.dumps(verdict.as_json(), ensure_ascii=False, indent=1) + "\n")
    return verdict.exit


if __name__ == "__main__":
    sys.exit(main())
