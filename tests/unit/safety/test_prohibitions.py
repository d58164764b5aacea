"""What an instruction forbids, what is left of it, and that no planner gets past it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.contracts import Step
from skillblend.options import ground_options
from skillblend.safety.heeding import HeedingPlanner, heed
from skillblend.safety.prohibitions import RULE, read

SCENE = load("workshop")
STEPS = {step.text: step for step in ground_options(SCENE.state)}
HELD_OUT = Path(__file__).resolve().parents[2] / "integration" / "instructions.json"
TURNS = {"turn left", "turn right", "turn around"}
CONTACT = {"press the button", *(f"touch the {name}" for name in ("box", "shelf", "metal table", "wooden table"))}


def pair(name: str) -> set[str]:
    return {f"walk to the {name}", f"touch the {name}"}


def whole(forbidden: set[str]) -> set[str]:
    """`forbidden`, and with a walk to a marker, stepping onto it with either foot."""
    feet = {t for t, s in STEPS.items() if s.behaviour == "step_on" and f"walk to the {s.arguments[0]}" in forbidden}
    return forbidden | feet


ONLY_FORBIDDEN: list[tuple[str, set[str]]] = [
    ("never touch the shelf", {"touch the shelf"}),
    ("don't walk to the blue marker", {"walk to the blue marker"}),
    ("please do not turn left", {"turn left"}),
    ("don\u2019t touch anything", CONTACT),
    ("no turning please", TURNS),
    ("keep your hands off the metal table", {"touch the metal table"}),
    ("keep well away from the shelf", pair("shelf")),
    ("leave the box be", pair("box")),
    ("there's a button on the wall. do not press it", {"press the button"}),
    ("I don't want you to walk to the blue marker", {"walk to the blue marker"}),
    ("I would prefer that you not press the button", {"press the button"}),
    ("make sure you don't walk to the shelf", {"walk to the shelf"}),
    ("the metal table is out of bounds", pair("metal table")),
    ("pressing the button is not allowed", {"press the button"}),
    ("the wooden table should not be touched", {"touch the wooden table"}),
    (
        "don't touch the box, the shelf or the wooden table",
        {f"touch the {n}" for n in ("box", "shelf", "wooden table")},
    ),
    ("don't touch or press anything", CONTACT),
    ("don't go to the box and touch it", pair("box")),
    ("don't turn left, turn right or raise your hands", {"turn left", "turn right", "raise both hands"}),
    ("touch neither the box nor the shelf", {"touch the box", "touch the shelf"}),
    ("press no buttons", {"press the button"}),
    ("don't walk backwards", {"walk backward half a metre", "walk backward one metre"}),
    ("don't put your hands up", {"raise both hands"}),
    ("keep your hands down", {"raise both hands"}),
    ("don't kick the box", pair("box")),
    ("don't step on the red marker", {"walk to the red marker"}),
    ("dont tuch the bxo", pair("box")),
    ("don't, under any circumstances, press the button", {"press the button"}),
    ("the box is fragile, never touch it", {"touch the box"}),
    ("stop touching the box", {"touch the box"}),
    ("you can't touch the box", {"touch the box"}),
    ("don't touch the vase", set()),
    ("don't press the button because it is broken", {"press the button"}),
    ("don't walk to the shelf or I will switch you off", {"walk to the shelf"}),
    ("don't press the button until i say so", {"press the button"}),
    ("don't do that", set()),
    ("never, ever, ever touch the box", {"touch the box"}),
    ("make sure the button is not pressed", {"press the button"}),
    ("the last thing I want is for you to press the button", {"press the button"}),
    ("whatever happens, the box stays untouched", pair("box")),
    ("press the button? no!", {"press the button"}),
    ("the shelf? don't go there", {"walk to the shelf"}),
    ("don't walk, don't turn", {t for t, s in STEPS.items() if s.behaviour in ("walk", "walk_to", "turn")}),
]

BESIDE: list[tuple[str, set[str], str]] = [
    ("walk to the shelf but don't touch the box", {"touch the box"}, "walk to the shelf"),
    ("don't touch the box, walk to the red marker", {"touch the box"}, "walk to the red marker"),
    ("do not go to the blue marker; instead, press the button", {"walk to the blue marker"}, "press the button"),
    ("don't go to the red marker but to the blue one", {"walk to the red marker"}, "go to the blue marker"),
    ("not the blue marker but the red one, walk there", {"walk to the blue marker"}, "walk to the red marker"),
    ("Not the metal table, the wooden one: touch it", pair("metal table"), "touch the wooden table"),
    ("turn right, not left", {"turn left", "step to the left"}, "turn right"),
    ("go to any marker but the red one", {"walk to the red marker"}, "walk to the blue marker"),
    ("touch nothing but the shelf", CONTACT - {"touch the shelf"}, "touch the shelf"),
    ("instead of turning left, turn right", {"turn left"}, "turn right"),
    ("walk to the box without touching it", {"touch the box"}, "walk to the box"),
    ("don't touch the vase, turn left", set(), "turn left"),
    ("walk to the red marker but don't walk too fast", set(), "walk to the red marker"),
    ("you don't have to press the button, just walk to it", {"press the button"}, "just walk to the button"),
    ("press the button and nothing else", set(), "press the button"),
    ("forget the red marker, go to the blue one", {"walk to the red marker"}, "go to the blue marker"),
    ("there is a box; don't touch it. turn left", {"touch the box"}, "turn left"),
    ("walk to the shelf. Do not, I repeat, do not touch it.", {"touch the shelf"}, "walk to the shelf"),
    ("go to the red marker, no, not the red marker, the blue marker",
     {"walk to the red marker"}, "go to the blue marker"),
    ("go to the red marker. No wait, don't. Go to the blue marker.",
     {"walk to the red marker"}, "go to the blue marker"),
    ("walk to the shelf and stop there, don't go further", set(), "walk to the shelf and stop there"),
    ("turn in any direction except left", {"turn left"}, "turn in any direction"),
    ("touch the shelf. don't turn. raise both hands", TURNS, "touch the shelf, then raise both hands"),
    ("the red marker is to be avoided, turn left", {"walk to the red marker"}, "turn left"),
    ("put the box on the shelf without turning left", {"turn left"}, "put the box on the shelf"),
    ("put the box down instead of pressing the button", {"press the button"}, "put the box down"),
]  # fmt: skip

NO_PROHIBITION = [
    ("don't forget to raise your hands", "raise your hands"),
    ("don't hesitate to press the button", "press the button"),
    ("don't leave without pressing the button", "pressing the button"),
    ("why don't you walk to the shelf", "walk to the shelf"),
    ("can't you turn left", "turn left"),
    ("no problem, walk to the shelf", "walk to the shelf"),
    ("don't worry, just press the button", "just press the button"),
    *((text, text) for text in (
        "don't stop until you reach the shelf", "you can't miss the red marker, go there", "no, walk to the blue one",
        "not only walk to the shelf but also touch it", "The button won't push itself, you know.",
        "would you mind walking to the shelf", "go to the table that isn't made of wood", "turn left",
        "do nothing for a moment",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("text", "forbidden"), ONLY_FORBIDDEN)
def test_a_prohibition_alone_asks_for_nothing(text: str, forbidden: set[str]) -> None:
    reading = read(text, SCENE.objects)
    assert set(reading.forbidden()) == whole(forbidden)
    assert reading.prohibitions and reading.request == ""


@pytest.mark.parametrize(("text", "forbidden", "request_"), BESIDE)
def test_a_request_beside_a_prohibition_is_left(text: str, forbidden: set[str], request_: str) -> None:
    reading = read(text, SCENE.objects)
    assert (set(reading.forbidden()), reading.request) == (whole(forbidden), request_)


@pytest.mark.parametrize(("text", "request_"), NO_PROHIBITION)
def test_not_every_negation_forbids(text: str, request_: str) -> None:
    reading = read(text, SCENE.objects)
    assert (reading.prohibitions, reading.request) == ((), request_)


def test_held_out_instructions_reach_the_planner_as_they_are() -> None:
    for item in json.loads(HELD_OUT.read_text())["instructions"]:
        assert read(item["instruction"], SCENE.objects).request == item["instruction"]


def test_until_holds_until_it_has_happened() -> None:
    reading = read("don't press the button until you have been to the red marker", SCENE.objects)
    assert set(reading.forbidden()) == {"press the button"}
    there = STEPS["walk to the red marker"]
    assert set(reading.forbidden([(there, False)])) == {"press the button"}
    assert reading.forbidden([(there, True)]) == {}


def scripted(*plan: str) -> HeedingPlanner:
    planner = heed(OraclePlanner(list(plan)))
    assert isinstance(planner, HeedingPlanner) and heed(planner) is planner
    return planner


@pytest.mark.parametrize("text", [text for text, _ in ONLY_FORBIDDEN])
@pytest.mark.parametrize("wish", ["walk to the box", "touch the box", "press the button", "turn around"])
def test_where_nothing_is_asked_for_nothing_is_done(text: str, wish: str) -> None:
    decision = scripted(wish).decide(text, SCENE.state, (), {})
    assert decision.chosen.step.text == "refuse"
    assert decision.chosen.reason.startswith(f"{RULE}: nothing is asked for")
    assert f"the planner alone: {wish} (1.00)" in decision.reading


def test_a_planner_that_wants_what_is_forbidden_is_overruled_and_the_record_says_both() -> None:
    decision = scripted("touch the box").decide("walk to the box but don't touch it", SCENE.state, (), {})
    assert decision.chosen.step.text == "refuse" and decision.chosen in decision.options
    assert decision.chosen.reason == f'{RULE}: "don\'t touch it"'
    wanted = next(o for o in decision.options if o.step.text == "touch the box")
    assert (wanted.lm_score, wanted.allowed, wanted.score) == (pytest.approx(1.0), False, 0.0)
    assert decision.reading == (
        'forbidden by "don\'t touch it": touch the box',
        "asked for: 'walk to the box'",
        "the planner alone: touch the box (1.00)",
    )
    assert decision.instruction == "walk to the box but don't touch it"


def test_what_is_done_already_ends_the_plan_where_the_rest_is_forbidden() -> None:
    done: list[tuple[Step, bool]] = [(STEPS["walk to the shelf"], True)]
    planner = scripted("walk to the shelf", "touch the box")
    assert planner.decide("walk to the shelf but don't touch the box", SCENE.state, done, {}).chosen.step.text != (
        "touch the box"
    )


def test_do_not_move_is_to_stand_still() -> None:
    planner = scripted("walk forward one metre")
    first = planner.decide("don't move a muscle", SCENE.state, (), {})
    assert first.chosen.step.text == "stand still"
    stood = [(STEPS["stand still"], True)]
    assert planner.decide("don't move a muscle", SCENE.state, stood, {}).chosen.step.text == "done"
    assert set(read("don't move", SCENE.objects).forbidden()) == set(STEPS) - {"stand still", "done", "refuse"}


def test_without_a_prohibition_the_planner_decides_as_ever() -> None:
    plain = OraclePlanner(["turn left"])
    assert heed(plain).decide("turn left", SCENE.state, (), {}) == plain.decide("turn left", SCENE.state, (), {})
