"""docs/import.md, written from the table of columns; a test fails while it is behind."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hub.people.columns import KINDS, Kind
from hub.people.files import LONGEST, REPORTED
from hub.people.importing import PIECE

_PAGE = f"""\
# Importing central data

Written by the program from hub/people/columns.py (`./mbote manuals docs`): change it there.

`mbote import KIND FILE` takes over what the central system knows of persons, employers and what hangs
on them. It runs beside the hub, which goes on giving tickets; one import runs at a time. The data are a
copy (replica) in `people.db` of the data folder: they can be imported again at any time, and no agent
changes them.

## Files

- **CSV** in UTF-8 with a header line; columns in any order, parted by `,` `;` or a tabulator. One record is
  one line: a value holds no line break. A value with the separator stands in double quotes.
- **JSON lines**: one object a line with the same names; values are texts, whole numbers, `true`, `false`,
  `null` or a list of texts.
- A **bundle** is JSON lines in which each object says its `kind` (one of the kinds below); import a whole
  country in one file: employers, then people, then what names them.
- A line has at most {LONGEST:,} bytes. Lists are parted by `;`. An empty value is no value: importing a record
  again without a value takes that value away.

Dates are `1966-07-23` or `23/07/1966`; where the table says so, `1966-07` and `1966` (né vers 1966) as well.
Amounts are whole francs. A party is named by its `ref` and must be there before: import `employers` and
`people` first.

## What happens

- Each record is taken whole or refused whole. Refused lines are written to `FILE.refused` (`--report`) as
  `line N: column: reason`, without the value, at most {REPORTED:,} of them; all are counted. The exit status
  is 1 when a line was refused.
- Every {PIECE:,} lines are one commit. An import that was stopped or killed goes on there when the same
  command is given again; a file that was changed meanwhile starts from its beginning, which does no harm.
- The same `ref` again replaces the record; what it said before is kept as history with the day since which
  it held (`effective`) and the moment it was learnt. A record that says the same changes nothing.
- A file whose header is wrong, or that is not UTF-8 in its first line, is refused as a whole, before anything is
  written. Nothing that was there is ever removed by an import.
- At the end one entry goes into the journal: kind, SHA-256 of the file, counts; no person. The age of the data
  shown on sheets is the file's own time of change.
"""


def import_page() -> str:
    """Every kind of record with its columns and an example."""
    return "\n".join([_PAGE, *(line for what, kind in KINDS.items() for line in _section(what, kind))])


def _section(what: str, kind: Kind) -> Iterator[str]:
    yield f"## {what}\n\n{kind.says}\n"
    yield "| column | needed | what it is |\n|---|---|---|"
    for column in kind.columns:
        yield f"| `{column.name}` | {'yes' if column.needed else ''} | {column.says} |"
    yield f"\n```json\n{json.dumps(kind.example, ensure_ascii=False)}\n```\n"
    yield f"```csv\n{','.join(kind.example)}\n{','.join(kind.example.values())}\n```\n"
