"""Started as a program: agents of one process who press *Suivant* on their sockets as fast as they hear.

`pressers.py` reads one line of JSON: {"url", "tokens": {counter: token}, "presses", "book"}; all its agents write down
what they see. It prints one line, how often they pressed, once each has pressed so often.
"""

import json
import sys
import threading
from pathlib import Path

from hub.client import HubClient
from hub.errors import Refused
from tests.faults.clients import Agent

CONNECTED_S = 20.0


def press(agent: Agent, presses: int) -> None:
    """Whole visits as they come; an empty hall is asked again at once."""
    for _ in range(presses):
        if agent.next() is not None:
            agent.ask("serve.start", "start", counter=agent.counter)
            agent.ask("serve.end", "finish", counter=agent.counter)


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    lines = {c: HubClient(wanted["url"], lambda t=token: t).open() for c, token in wanted["tokens"].items()}
    if not all(line.wait_connected(CONNECTED_S) for line in lines.values()):
        raise SystemExit("not connected")
    agents = [Agent(f"P{code}", line, Path(wanted["book"])).at(code) for code, line in lines.items()]
    people = [threading.Thread(target=press, args=(agent, wanted["presses"])) for agent in agents]
    try:
        for one in people:
            one.start()
        for one in people:
            one.join()
    except Refused as refused:
        raise SystemExit(str(refused)) from refused
    print(len(agents) * wanted["presses"], flush=True)  # noqa: T201 (the driver waits for it)
    for line in lines.values():
        line.close()


if __name__ == "__main__":
    main()
