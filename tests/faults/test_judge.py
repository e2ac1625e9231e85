"""The judge is judged: it finds nothing in legal runs, and each lie in a run is found by the rule it breaks.

quality/history-format.md, section 8: 1,000 legal runs, each lie a hundred times, in the nightly run; a part of it
here. A verdict counts only because these hold.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from hub import judge as judging
from hub.demo.processes import ROOT
from hub.judge import Run, judge
from hub.judge.table import MONEY, RULES
from tests.faults.legal import Written, legal
from tests.faults.lies import NothingToDo
from tests.faults.lies_money import LIES

LEGAL, NIGHTLY_LEGAL, LONG_PIECES = 4, 1_000, 4
SEEDS, NIGHTLY_SEEDS = 1, 100
SHORT_MS = 60_000
pytestmark = pytest.mark.slow
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(600))


def verdict_of(run: Written):
    return judge(run.history, run.final, run.facts)


# --- legal runs pass ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seeds",
    [
        range(LEGAL),
        *(
            pytest.param(range(first, first + NIGHTLY_LEGAL // LONG_PIECES), marks=NIGHTLY)
            for first in range(0, NIGHTLY_LEGAL, NIGHTLY_LEGAL // LONG_PIECES)
        ),
    ],
    ids=lambda seeds: f"{seeds.start}-{seeds.stop}",
)
def test_a_legal_run_is_found_legal(seeds, note):
    looked, operations = Counter(), 0
    for seed in seeds:
        verdict = verdict_of(legal(seed))
        assert verdict.valid is True, f"seed {seed}: {verdict}"
        looked.update({rule: finding.checked for rule, finding in verdict.rules.items()})
        operations += verdict.counts["operations"]
    quiet = [rule for rule, known in RULES.items() if known.look and not looked[rule]]
    assert quiet == [], "these rules had nothing to look at in any run"
    note(f"{len(seeds)} legal runs, {operations} operations, {looked.total()} looks, 0 breaches")


def test_the_same_seed_is_the_same_run():
    assert legal(3, day_ms=SHORT_MS) == legal(3, day_ms=SHORT_MS)


def test_without_an_export_the_verdict_is_partial_and_says_so():
    run = legal(1, day_ms=SHORT_MS)
    verdict = judge(run.history, [], run.facts | {"exports": {}, "exercises": ["G0", "G2", "Q3", "Q9", "Q10", "Q11"]})
    assert verdict.valid == "valid-partial", str(verdict)
    assert {rule for rule, f in verdict.rules.items() if f.silent == "skipped"} >= {"G1", "Q1", "Q2", "Q7", "Q8"}


# --- lies are found -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seeds",
    [SEEDS, pytest.param(NIGHTLY_SEEDS, marks=NIGHTLY)],
)
@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_found_by_its_rule(lie, seeds, note):
    tell, rule = LIES[lie]
    told, seed = 0, 0
    while told < seeds:
        seed += 1
        assert seed < 20 * seeds + 20, f"only {told} runs had something to tell this lie about"
        run = short_run(seed).copied()
        try:
            tell(run, random.Random(seed))  # noqa: S311 (nothing is kept secret with it)
        except NothingToDo:
            continue
        told += 1
        if seeds == SEEDS:  # the whole verdict each time is for the nightly run
            assert judging._look(RULES[rule], Run(run.history, run.final, run.facts)).bad, f"seed {seed}: {lie} passed"
            continue
        verdict = verdict_of(run)
        assert verdict.rules[rule].bad, f"seed {seed}: {lie} passed {rule}: {verdict}"
        assert verdict.valid is (False if rule != "G0" else verdict.valid), str(verdict)
        assert rule != "G0" or verdict.valid == "unknown"
    if seeds == NIGHTLY_SEEDS:
        note(f"{rule} found it {told} of {told} times")


_RUNS: dict[int, Written] = {}


def short_run(seed):
    """Two short days; the same run for every lie."""
    if seed not in _RUNS:
        _RUNS[seed] = legal(seed, day_ms=SHORT_MS)
    return _RUNS[seed]


def test_there_is_a_lie_for_every_rule_that_looks():
    assert {rule for _, rule in LIES.values()} == {rule for rule, known in RULES.items() if known.look}


# --- the program --------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, legal(5, day_ms=SHORT_MS))
    return tmp_path


def write(folder, run):
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in run.history), "utf-8")
    (folder / "final.jsonl").write_text("".join(json.dumps(line) + "\n" for line in run.final), "utf-8")
    again = run.facts["exports"]["restart"]
    (folder / "final-restart.jsonl").write_text("".join(json.dumps(line) + "\n" for line in again), "utf-8")
    (folder / "run.json").write_text(json.dumps(run.facts | {"exports": {}}), "utf-8")


def judged(folder):
    """With nothing but Python: no site packages, no environment of ours."""
    command = [sys.executable, "-S", "-m", "hub.judge", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={})


def test_the_program_judges_with_nothing_but_python(folder):
    done = judged(folder)
    assert done.returncode == 0, done.stderr + done.stdout[:2000]
    verdict = json.loads(done.stdout)
    assert (verdict["valid"], verdict["counts"]["lost"], verdict["counts"]["dup"]) == (True, 0, 0)
    assert len(verdict["history_sha256"]) == 64
    assert verdict["rules"]["C4"]["checked"] > 0


def test_a_lost_ticket_is_exit_status_1_with_the_lines_that_prove_it(folder):
    run = legal(5, day_ms=SHORT_MS)
    LIES["an_acknowledged_ticket_is_gone"][0](run, random.Random(1))  # noqa: S311
    write(folder, run)
    done = judged(folder)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["valid"], verdict["counts"]["lost"]) == (1, False, 1)
    assert {line["k"] for line in verdict["rules"]["Q1"]["breaches"][0]["lines"]} == {"invoke", "ok"}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "history.jsonl").unlink(), "history.jsonl"),
        (lambda folder: (folder / "history.jsonl").write_text("{half\n"), "history.jsonl:1"),
        (lambda folder: (folder / "final.jsonl").write_text('{"a": 1}\n'), "final.jsonl:1"),
        (lambda folder: (folder / "run.json").write_text("no"), "run.json"),
    ],
    ids=["no history", "half a line", "no line of an export", "no JSON"],
)
def test_what_cannot_be_read_is_unknown_and_says_where(folder, damage, said):
    damage(folder)
    done = judged(folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_whose_driver_died_is_unknown():
    run = legal(5, day_ms=SHORT_MS)
    verdict = judge(run.history, run.final, run.facts | {"complete": False})
    assert (verdict.valid, verdict.exit) == ("unknown", 2), str(verdict)


@pytest.mark.parametrize("f", ["ticket.issue", "cash.collect"])
def test_a_run_that_gives_a_rule_nothing_to_look_at_is_unknown(f):
    """Money asks for more: somebody who only asks to pay tells nothing about tills."""
    asked = {"v": 1, "k": "invoke", "t": 1, "p": "x", "n": 0, "op": "o", "f": f, "key": "k", "actor": "user:t", "a": {}}
    exercises = ["G0", "Q1"] if f == "ticket.issue" else ["G0"]
    verdict = judge([asked | {"try": 0}], [{"side": "hub", "type": "event", "seq": 1, "kind": "hub.start"}],
                    {"exercises": exercises})  # fmt: skip
    assert (verdict.valid, verdict.exit) == ("unknown", 2), str(verdict)
    assert verdict.vacuous == ({"Q1"} if f == "ticket.issue" else MONEY - {"C3"})


@pytest.mark.nightly
@pytest.mark.parametrize("most", [5, pytest.param(90, marks=NIGHTLY)], ids=["", "a hundred thousand"])
def test_judging_is_near_linear(note, most):
    """Five times as many operations take about five times as long: the obvious double loop takes 25 times."""
    seconds, run = {}, legal(11)
    for times in (most // 5, most):
        long = in_a_row(run, times)
        began = time.process_time()
        verdict = verdict_of(long)
        seconds[times] = time.process_time() - began
        assert verdict.valid is True, str(verdict)
    note(
        f"{verdict.counts['operations']} operations judged in {seconds[most]:.1f} s, a fifth {seconds[most // 5]:.1f} s"
    )
    assert seconds[most] < 14 * seconds[most // 5]  # the machine does other things, too


def in_a_row(run, times):
    """The same two days again and again: later, with other ids and numbers of their own."""
    length = {
        "t": 2 * 10**12,
        "mono": 2 * 10**6,
        "wall": 2 * 10**6,
        "seq": len(run.final),
        "call": len(run.final),
        "day": 2,
    }
    named = {"op", "key", "p", "press", "tid", "issued_key", "eid", "ref", "till", "series", "acct", "order", "draft"}
    # hashes would no longer hold
    run = Written(
        run.history,
        [{k: v for k, v in line.items() if k != "said"} for line in run.final if line["type"] != "head"],
        run.facts,
    )
    for line in run.final:
        if "said" in line.get("body", {}):
            line["body"] = {name: value for name, value in line["body"].items() if name != "said"}

    def again(value, i, name=""):
        if isinstance(value, dict):
            return {inner: again(found, i, inner) for inner, found in value.items()}
        if isinstance(value, list):
            return [again(found, i) for found in value]
        if name in length and value is not None:
            return value + i * length[name]
        if name in named and value is not None:
            return f"{i}:{value}"
        if name == "label" and value and "-" in value:
            return f"{value[:3]}{int(value[3:]) + i * 100:05d}"
        return value

    history = [again(line, i) for i in range(times) for line in run.history]
    final = [again(line, i) for i in range(times) for line in run.final]
    seqs = {line["seq"]: 0 for line in final if line["type"] == "event" and line["side"] == "hub"}
    numbers = {seq: number for number, seq in enumerate(sorted(seqs), start=1)}
    final = [
        line | {"seq": numbers[line["seq"]]} if line["type"] == "event" and line["side"] == "hub" else line
        for line in final
    ]
    return Written(history, final, run.facts | {"exports": {}, "lines": len(history)})
