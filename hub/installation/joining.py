"""A box without a token asks the hub for one: it shows a code, and waits until an administrator has typed it."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from hub.errors import ConfigurationFault

ANSWER_S = 10.0


def paired_on_screen(hub: str, kind: str) -> Generator[str, None, str]:
    """Tells the code, then gives the token. Raises ConfigurationFault when nobody has typed it in its time."""
    asked = _post(hub, "/pairing", {"kind": kind})
    yield f"type this code on the hub's page {hub.rstrip('/')}/devices: {asked['code']}"
    end = time.monotonic() + asked["left_s"]
    while time.monotonic() < end:
        time.sleep(asked["look_s"])
        if token := _post(hub, "/pairing/claim", {"secret": asked["secret"]})["token"]:
            return str(token)
    raise ConfigurationFault([f"nobody typed {asked['code']} within {asked['left_s'] // 60} min: run this again"])


def _post(hub: str, path: str, body: dict[str, str]) -> dict[str, Any]:
    request = Request(  # noqa: S310 (an address that --hub gave; setup has looked at it)
        hub.rstrip("/") + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 (the same)
            found: dict[str, Any] = json.load(answer)
            return found
    except HTTPError as error:
        raise ConfigurationFault([f"the hub at {hub} refuses: {error.read().decode(errors='replace')}"]) from error
    except (OSError, ValueError) as error:
        raise ConfigurationFault([f"the hub at {hub} does not answer: {error}"]) from error
