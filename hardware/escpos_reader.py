"""ESC/POS bytes back to what stands on the paper: the eye of the printer emulator.

Takes bytes in any pieces and gives each drawn line as soon as it is whole. Knows what our printers
are sent (text with its code page, size, bold, align; native QR; raster pictures; feed and cut) and
passes over the rest of the common set by its length. A character outside the selected code page
is drawn as the printer would draw it, wrong: that is how a missing `ESC t` is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hub.paper import Align

Kind = Literal["text", "qr", "image", "feed", "cut"]
#: ESC t n → Python's codec, for the tables that printers sold in Africa and Europe have.
CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    13: "cp857",
    16: "cp1252",
    18: "cp852",
    19: "cp858",
}
ALIGNS: tuple[Align, Align, Align] = ("left", "center", "right")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line on the paper. `size` is (width, height) as a multiple, or a picture's in dots."""

    kind: Kind
    text: str = ""
    width: int = 1
    height: int = 1
    bold: bool = False
    align: Align = "left"
    dots: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """Plain values; a picture's dots stay behind."""
        names = ("kind", "text", "width", "height", "bold", "align")
        return {name: getattr(self, name) for name in names}


class Reader:
    """Reads a stream. `confirm(n)` is called where a GS r n stands in it."""

    def __init__(self, confirm: Callable[[int], None] = lambda _: None) -> None:
        self._confirm = confirm
        self._rest = b""
        #: How often the drawer on this printer was opened.
        self.pulses = 0
        self._reset()

    def _reset(self) -> None:
        self.codec = "cp437"
        self.bold = False
        self.width = self.height = 1
        self.align: Align = "left"
        self._row = bytearray()
        self._qr = b""
        self._qr_size = 3

    def feed(self, data: bytes) -> list[Drawn]:
        """What these bytes bring onto the paper. An unfinished command waits for its rest."""
        self._rest += data
        drawn: list[Drawn] = []
        while self._rest:
            size, lines = self._step(self._rest)
            if size == 0:
                break
            self._rest = self._rest[size:]
            drawn += lines
        return drawn

    def _step(self, data: bytes) -> tuple[int, list[Drawn]]:
        """The length of the first command, 0 when it is not whole, and the lines that it draws."""
        match data[0]:
            case 0x0A:
                return 1, [self._line()]
            case 0x1B:
                return self._escape(data)
            case 0x1D:
                return self._group(data)
            case 0x10:
                return _real_time_length(data), []
            case byte if byte >= 0x20:  # noqa: PLR2004  below are controls that draw nothing
                self._row.append(byte)
        return 1, []

    def _line(self) -> Drawn:
        text = self._row.decode(self.codec, "replace")
        self._row.clear()
        return Drawn("text", text, self.width, self.height, self.bold, self.align)

    def _escape(self, data: bytes) -> tuple[int, list[Drawn]]:
        """ESC …: INIT, code page, bold, align, feed, the drawer's pulse; others have one argument."""
        if len(data) < 2:  # noqa: PLR2004
            return 0, []
        command = chr(data[1])
        if command == "@":
            self._reset()
            return 2, []
        if command in "2<iml":
            return 2, []
        if command == "p":
            return self._pulse(data), []
        return self._argued(data, command) if len(data) >= 3 else (0, [])  # noqa: PLR2004

    def _argued(self, data: bytes, command: str) -> tuple[int, list[Drawn]]:
        """ESC and one argument."""
        argument = data[2]
        if command == "t":
            self.codec = CODE_PAGES.get(argument, "ascii")
        elif command in "EG":
            self.bold = bool(argument & 1)
        elif command == "a":
            self.align = ALIGNS[argument % 48 % 3]
        elif command == "d":
            return 3, [*self._unfinished(), Drawn("feed", height=argument)]
        return 3, []

    def _pulse(self, data: bytes) -> int:
        """ESC p m t1 t2: the drawer opens; nothing is drawn."""
        whole = len(data) >= 5  # noqa: PLR2004
        self.pulses += whole
        return 5 if whole else 0

    def _unfinished(self) -> Iterator[Drawn]:
        if self._row:
            yield self._line()

    def _group(self, data: bytes) -> tuple[int, list[Drawn]]:
        """GS …: size, cut, raster picture, two-dimensional codes, status in its turn."""
        if len(data) < 3:  # noqa: PLR2004
            return 0, []
        match chr(data[1]):
            case "!":
                self.width, self.height = (data[2] >> 4 & 7) + 1, (data[2] & 7) + 1
            case "V":
                size = 4 if data[2] in (65, 66) else 3
                return (size, [*self._unfinished(), Drawn("cut")]) if len(data) >= size else (0, [])
            case "v":
                return self._picture(data)
            case "(":
                return self._function(data)
            case "r":
                self._confirm(data[2])
            case "L" | "W":
                return (4, []) if len(data) >= 4 else (0, [])  # noqa: PLR2004
        return 3, []

    def _picture(self, data: bytes) -> tuple[int, list[Drawn]]:
        if len(data) < 8:  # noqa: PLR2004
            return 0, []
        across, down = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
        size = 8 + across * down
        if len(data) < size:
            return 0, []
        return size, [Drawn("image", width=across * 8, height=down, align=self.align, dots=data[8:size])]

    def _function(self, data: bytes) -> tuple[int, list[Drawn]]:
        """GS ( …: a counted block. For QR (k, 49): 67 module, 80 store, 81 draw."""
        if len(data) < 5:  # noqa: PLR2004
            return 0, []
        size = 5 + int.from_bytes(data[3:5], "little")
        if len(data) < size:
            return 0, []
        block = data[5:size]
        if data[2:3] == b"k" and block[:1] == b"1":
            match block[1]:
                case 67:
                    self._qr_size = block[2]
                case 80:
                    self._qr = block[3:]
                case 81:
                    text = self._qr.decode("utf-8", "replace")
                    return size, [Drawn("qr", text, self._qr_size, self._qr_size, align=self.align)]
        return size, []


def _real_time_length(data: bytes) -> int:
    """DLE EOT n, DLE ENQ n, DLE DC4 fn …: dealt with on arrival, passed over in the stream."""
    if len(data) < 3:  # noqa: PLR2004
        return 0
    if data[1] != 0x14:  # noqa: PLR2004
        return 3
    size = 10 if data[2] == 8 else 5  # noqa: PLR2004
    return size if len(data) >= size else 0
