"""What the pages borrow from others: copied here from npm packages, never committed.

`./mbote` runs `npm ci` and then this file, whenever package-lock.json, icons.txt or this file has
changed. The copies are served by the hub and the kiosk and travel inside the wheel, so that a
box in an agency needs neither node nor a network.
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

FILES = (
    "socket.io-client/dist/socket.io.min.js",
    "htmx.org/dist/htmx.min.js",
    "uplot/dist/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css",
    "@fontsource-variable/noto-sans/files/noto-sans-latin-wght-normal.woff2",
    "@fontsource-variable/noto-sans/files/noto-sans-latin-ext-wght-normal.woff2",
    "@fontsource-variable/noto-sans-arabic/files/noto-sans-arabic-arabic-wght-normal.woff2",
)
ICONS = "@tabler/icons/icons/outline"

# Thinner than tabler's own 2: the icons stand beside large letters.
SYMBOL = (
    '<symbol id="icon-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6"'
    ' stroke-linecap="round" stroke-linejoin="round">{strokes}</symbol>\n'
)
# Every tabler icon starts with this invisible square.
SQUARE = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


def main(modules: Path = ROOT / "node_modules", into: Path = HERE / "static" / "vendor") -> None:
    """Lay the whole folder anew, so that nothing stale is served."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for file in FILES:
        shutil.copy(modules / file, into)
    icons = (HERE / "icons.txt").read_text().split()
    (into / "icons.svg").write_text(sprite(icons, modules / ICONS))
    (into / "LICENCES.txt").write_text(licences(modules))


def sprite(names: list[str], folder: Path) -> str:
    """One file with all icons, used as `<svg><use href="…/icons.svg#NAME"/></svg>`."""
    unknown = [name for name in names if not (folder / f"{name}.svg").is_file()]
    if unknown:
        sys.exit(f"mbote: no such icon in @tabler/icons, see hub/look/icons.txt: {', '.join(unknown)}")
    symbols = (symbol(name, (folder / f"{name}.svg").read_text()) for name in names)
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "".join(symbols) + "</svg>\n"


def symbol(name: str, svg: str) -> str:
    """The strokes of one icon, under its name."""
    _, _, drawing = svg[svg.index("<svg") :].partition(">")
    strokes = drawing.removesuffix("</svg>\n").removesuffix("</svg>").replace(SQUARE, "")
    return SYMBOL.format(name=name, strokes="".join(line.strip() for line in strokes.splitlines()))


def licences(modules: Path) -> str:
    """The licence texts, which must travel with each copy; socket.io's file has others' code in it."""
    installed = json.loads((modules / ".package-lock.json").read_text())["packages"]
    texts = []
    for place, facts in sorted(installed.items()):
        folder = modules.parent / place
        text = next(folder.glob("[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*")).read_text()
        name = place.removeprefix("node_modules/")
        texts.append(f"== {name} {facts['version']}\n\n{text}")
    return "\n".join(texts)


if __name__ == "__main__":
    main()
