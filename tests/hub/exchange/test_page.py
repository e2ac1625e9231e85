"""The lines that docs/centre.md shows are signed as it says, and its tables name what there is."""

import json
import re
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub import outbox
from hub.centre import rules
from hub.say import words

PAGE = (Path(__file__).parents[3] / "docs" / "centre.md").read_text("utf-8")
AGENCY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
CENTRE = "29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7"


def verified(line, key, domain):
    """As the page tells an integrator to."""
    said = json.loads(line)
    signature = bytes.fromhex(said.pop("signature"))
    spelt = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, f"{domain}|{spelt}".encode())
    return said


def test_the_lines_on_the_page_are_signed_as_it_says():
    message, letter = re.findall(r"```json\n(.*)\n```", PAGE)
    assert verified(message, AGENCY, "mbote-outbox")["key"] == "deposit 7 1.42"
    assert verified(letter, CENTRE, "mbote-inbox")["topic"] == "answers"
    with pytest.raises(InvalidSignature):
        verified(message, AGENCY, "mbote-inbox")


def test_the_page_names_every_state_and_every_code():
    states = set(re.findall(r"^\| `(\w+)` \| [A-Z]", PAGE, re.MULTILINE))
    assert states == set(outbox.STEPS)
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## Codes")[2].partition("## Letters")[0]))
    assert told >= set(rules.CODES) - {"by_hand"}
    for language in ("fr", "en"):
        assert {f"code_{code}" for code in rules.CODES} <= words(language, "exchange").keys()
    assert words("fr", "exchange").keys() == words("en", "exchange").keys()
