"""Which call has the large place, told as tables: pictures and seconds in, labels out."""

from dataclasses import replace
from math import inf

import pytest

from hub.wire import BoardGroup, as_json
from tests.look.pictures import board, call

pytestmark = pytest.mark.browser

PLAY = """async (steps) => {
  const stages = await import("/display/static/stage.js");
  let stage = stages.opening(steps.announced ?? []);
  const seen = [];
  for (const step of steps.script) {
    const now = step.at * 1000;
    stage = step.board ? stages.take(stage, step.board, now) : stages.settle(stage, now);
    const view = stages.view(stage, step.link ?? "live");
    seen.push({
      scene: view.scene,
      large: view.large && view.large.ticket + (view.large.loud ? "!" : ""),
      previous: view.previous.map((call) => call.ticket),
      next: stages.changesAt(stage) / 1000,
    });
  }
  return { seen, announced: stage.announced };
}"""


@pytest.fixture
def play(still_page):
    def played(*steps, announced=()):
        script = [{"at": at, "board": as_json(picture) if picture else None, **rest} for at, picture, rest in steps]
        return still_page.evaluate(PLAY, {"script": script, "announced": list(announced)})

    return played


def at(second, picture=None, **rest):
    return second, picture, rest


def large(result):
    return [step["large"] for step in result["seen"]]


D1, D2, D3 = (call(number, f"D00{number}", "05") for number in (1, 2, 3))


def ended(one):
    return call(one.call, one.ticket, one.counter, "ended")


def serving(one):
    return call(one.call, one.ticket, one.counter, "serving")


def test_a_new_call_takes_the_place_aloud_and_keeps_it_while_awaited(play):
    told = play(at(0, board(1)), at(1, board(2, [D1], [D1])), at(600))
    assert large(told) == [None, "D001!", "D001!"]
    assert told["seen"][0]["scene"] == "quiet"


def test_five_at_once_each_have_their_time_and_all_stand_in_the_list(play):
    five = [call(number, f"D00{number}", "05") for number in (5, 4, 3, 2, 1)]
    told = play(at(0, board(1, five, five)), *(at(second) for second in (5.9, 6, 12, 18, 23.9, 24, 90)))
    assert large(told) == ["D001!", "D001!", "D002!", "D003!", "D004!", "D004!", "D005!", "D005!"]
    assert told["seen"][0]["previous"] == ["D005", "D004", "D003", "D002"]
    assert told["seen"][0]["next"] == 6
    assert told["seen"][-1]["next"] == inf  # nothing will change by time alone


def test_a_call_that_comes_meanwhile_waits_for_its_turn(play):
    told = play(at(0, board(1, [D1], [D1])), at(2, board(2, [D2, D1], [D2, D1])), at(6))
    assert large(told) == ["D001!", "D001!", "D002!"]
    assert told["seen"][1]["previous"] == ["D002"]


def test_a_visit_begun_leaves_the_place_after_its_minimum_and_stays_in_the_list(play):
    told = play(at(0, board(1, [D1], [D1])), at(2, board(2, [serving(D1)])), at(6))
    assert large(told) == ["D001!", "D001!", None]
    assert told["seen"][2]["previous"] == ["D001"]


def test_a_visit_begun_after_its_minimum_leaves_at_once(play):
    assert large(play(at(0, board(1, [D1], [D1])), at(30, board(2, [ended(D1)])))) == ["D001!", None]


def test_a_call_taken_back_leaves_at_once(play):
    told = play(at(0, board(1, [D1], [D1])), at(2, board(2, [])), at(3, board(3, [D2], [D2])))
    assert large(told) == ["D001!", None, "D002!"]
    assert told["seen"][1]["previous"] == []


def test_whoever_has_come_before_its_turn_is_skipped(play):
    told = play(at(0, board(1, [D3, D2, D1], [D3, D2, D1])), at(3, board(2, [D3, serving(D2), D1])), at(6))
    assert large(told) == ["D001!", "D001!", "D003!"]


def test_the_one_still_awaited_comes_back_when_the_newest_has_gone(play):
    told = play(at(0, board(1, [D2, D1], [D2, D1])), at(6), at(20, board(2, [serving(D2), D1])))
    assert large(told) == ["D001!", "D002!", "D001"]


def test_a_recall_is_announced_again_in_its_place(play):
    again = call(1, "D001", "05", repeat=2)
    told = play(at(0, board(1, [D1], [D1])), at(25, board(2, [again], [again])))
    assert large(told) == ["D001!", "D001!"]
    assert told["announced"] == ["1.1.1", "1.1.2"]


def test_a_recall_of_an_older_call_takes_the_place_again(play):
    again = call(1, "D001", "05", repeat=2)
    told = play(at(0, board(1, [D2, D1], [D2])), at(30, board(2, [D2, again], [again])), at(90))
    assert large(told) == ["D002!", "D001!", "D001!"]


def test_at_load_what_stands_is_shown_without_being_announced(play):
    assert large(play(at(0, board(1, [D2, D1])))) == ["D002"]


def test_what_was_called_during_an_outage_is_placed_but_not_announced(play):
    told = play(at(0, board(1, [D1], [D1])), at(15, link="lost"), at(40, board(5, [D2, D1])))
    assert large(told) == ["D001!", None, "D002"]
    assert told["seen"][1] == {"scene": "lost", "large": None, "previous": ["D001"], "next": inf}


def test_after_a_reload_nothing_is_announced_twice(play):
    assert large(play(at(0, board(1, [D1], [D1])), announced=["1.1.1"])) == ["D001"]


def test_a_restored_hub_may_count_its_calls_anew(play):
    assert large(play(at(0, board(1, [D1], [D1], epoch=2)), announced=["1.1.1"])) == ["D001!"]


@pytest.mark.parametrize(
    ("picture", "link", "scene"),
    [
        (None, "waiting", "waiting"),
        (None, "lost", "lost"),
        (board(1), "live", "quiet"),
        (board(1, day=False), "live", "closed"),
        (board(1, [D1]), "live", "call"),
        (board(1, [D1]), "lost", "lost"),
    ],
)
def test_each_scene_has_its_moment(play, picture, link, scene):
    assert play(at(0, picture, link=link))["seen"][0]["scene"] == scene


RINGS = """async ({ board, rung, age }) => {
  const { toRing } = await import("/display/static/stage.js");
  return toRing(board, rung, age).map((ring) => ring.ticket);
}"""


@pytest.mark.parametrize(
    ("calls", "rung", "age", "ring"),
    [
        ([D2, D1], [], 0, ["D001", "D002"]),
        ([D2, D1], ["1.1.1"], 0, ["D002"]),
        ([D2, D1], ["2.1.1"], 0, ["D001", "D002"]),
        ([D2, D1], [], 15_001, []),
        ([D2, serving(D1)], [], 0, ["D002"]),
        ([D2, call(1, "D001", "05", repeat=2)], [], 0, ["D002"]),
    ],
)
def test_a_ring_rings_once_and_not_late(still_page, calls, rung, age, ring):
    picture = as_json(board(1, calls, [D2, D1]))
    assert still_page.evaluate(RINGS, {"board": picture, "rung": rung, "age": age}) == ring


def test_who_enters_rings_once_after_the_calls(still_page):
    group = BoardGroup(7, "CPR", "J1-021", "J1-040", 1, "registration", "00", "33", "", rings=True, sound="/sound/g")
    groups = (group, replace(group, group=6), replace(group, group=5, rings=False))
    picture = as_json(board(1, [D1], [D1], groups=groups))
    names = """async ({ board, rung }) => {
      const { toRing, announcement, stillCalled } = await import("/display/static/stage.js");
      return toRing(board, rung, 0).filter((one) => stillCalled(board, one)).map((one) => announcement(board, one));
    }"""
    assert still_page.evaluate(names, {"board": picture, "rung": []}) == ["1.1.1", "1.g6.1", "1.g7.1"]
    assert still_page.evaluate(names, {"board": picture, "rung": ["1.1.1", "1.g6.1"]}) == ["1.g7.1"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (900, 1500, (15, 25)),
        (0, 500, (0, 9)),
        (60, 60, (1, 1)),
        (0, 0, (0, 1)),
        (None, None, None),
        (3599, 3601, (59, 61)),
    ],
)
def test_a_range_is_told_in_whole_minutes(still_page, low, high, said):
    found = still_page.evaluate(
        'async (queue) => (await import("/display/static/stage.js")).minutes(queue)', {"low_s": low, "high_s": high}
    )
    assert found == (said and {"low": said[0], "high": said[1]})


AGES = """async (pictures) => {
  const { reading } = await import("/display/static/stage.js");
  const ages = [];
  let clock = null;
  for (const [at, now] of pictures) {
    clock = reading(clock, at * 1000, now * 1000);
    ages.push(Math.round(clock.age / 1000));
  }
  return ages;
}"""
DAY = 86_400


@pytest.mark.parametrize(
    ("pictures", "ages"),
    [
        ([(1000, 0), (1010, 10), (1020, 20)], [0, 0, 0]),
        ([(1000, 0), (1010, 70), (1070, 70)], [0, 60, 0]),  # a page that slept reads what had piled up
        ([(1000, 0), (700, 10), (710, 20)], [0, 0, 0]),  # the hub's clock is set back
        ([(1000, 0), (9000, 10), (9010, 20)], [0, 0, 0]),  # … and forward
        ([(1000, 0), *((1000 + 0.9998 * hour, hour) for hour in range(3600, 4 * DAY, 3600))], [0] * 96),  # they drift
    ],
)
def test_a_picture_is_as_old_as_the_hub_s_clock_says_and_no_clock_silences_a_screen(still_page, pictures, ages):
    assert still_page.evaluate(AGES, pictures) == ages
