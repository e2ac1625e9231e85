"""Letters without their accents, as two people compare what they have written."""

from __future__ import annotations

import unicodedata


def bare(text: str) -> str:
    """The same without accents; what was small or capital stays so."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
