"""The options of a scene, written out by hand."""

from __future__ import annotations

import pytest

from sim import scenes
from sim.scene_file import parse_scene
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import InputError
from skillblend.navigation import Pose2D
from skillblend.options import DONE, ENDS, REFUSE, effect, ground_options, objection
from skillblend.safety import Mode

MOVES = {
    "walk forward half a metre": ("walk", ("forward", "0.5")),
    "walk forward one metre": ("walk", ("forward", "1")),
    "walk forward two metres": ("walk", ("forward", "2")),
    "walk backward half a metre": ("walk", ("backward", "0.5")),
    "walk backward one metre": ("walk", ("backward", "1")),
    "step to the left": ("walk", ("left", "0.5")),
    "step to the right": ("walk", ("right", "0.5")),
    "turn left": ("turn", ("90",)),
    "turn right": ("turn", ("-90",)),
    "turn around": ("turn", ("180",)),
    "stand still": ("stand", ("3",)),
    "raise both hands": ("raise_hands", ()),
    "crouch": ("crouch", ()),
}


def grounded(*things: Thing) -> list[Step]:
    """What `things` add to the options of an empty scene."""
    bare, options = ground_options(SceneState()), ground_options(SceneState(things=things))
    assert options[: len(MOVES)] == bare[: len(MOVES)]
    return options[len(MOVES) : -2]


def test_an_empty_scene_offers_the_moves_and_two_ends() -> None:
    options = ground_options(SceneState())
    assert {s.text: (s.behaviour, s.arguments) for s in options[:-2]} == MOVES
    assert options[-2:] == [DONE, REFUSE]
    assert (DONE.behaviour, REFUSE.behaviour) == ("done", "refuse")


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        ("button", "press"),
        ("table", "touch"),
        ("shelf", "touch"),
        ("box", "touch"),
        ("marker", None),
        ("cabinet", "close"),
    ],
)
def test_what_can_be_done_with_a_thing(kind: str, verb: str | None) -> None:
    expected = [Step(text="walk to the red thing", behaviour="walk_to", arguments=("red thing",))]
    if verb is not None:
        expected.append(Step(text=f"{verb} the red thing", behaviour=verb, arguments=("red thing",)))
    if kind == "marker":
        texts = {foot: f"step onto the red thing with the {foot} foot" for foot in ("left", "right")}
        expected += [Step(text=t, behaviour="step_on", arguments=("red thing", foot)) for foot, t in texts.items()]
    assert grounded(Thing(name="red thing", kind=kind)) == expected


def test_things_come_in_the_order_of_the_scene() -> None:
    steps = grounded(Thing(name="button", kind="button"), Thing(name="table", kind="table"))
    assert [s.text for s in steps] == [
        "walk to the button",
        "press the button",
        "walk to the table",
        "touch the table",
    ]


def test_texts_are_unique_since_affordances_are_keyed_by_them() -> None:
    things = [Thing(name=k, kind=k) for k in ("button", "table", "shelf", "box", "marker")]
    texts = [s.text for s in ground_options(SceneState(things=tuple(things)))]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (
            "walk to the button",
            {"at(shelf)", "facing(shelf)", "raised(hands)"},
            {"at(button)", "facing(button)", "raised(hands)"},
        ),
        ("press the button", {"at(button)"}, {"at(button)", "pressed(button)", "touched(button)"}),
        ("touch the shelf", set(), {"touched(shelf)"}),
        ("walk backward half a metre", {"at(shelf)", "facing(shelf)"}, {"moved(back, 0.5)"}),
        ("step to the left", set(), {"moved(left, 0.5)"}),
        ("turn left", {"at(shelf)", "facing(shelf)"}, {"at(shelf)", "facing(left)"}),
        ("turn right", {"facing(left)"}, {"facing(right)"}),
        ("turn around", set(), {"facing(back)"}),
        ("stand still", set(), {"stood(3)"}),
        ("raise both hands", {"at(shelf)"}, {"at(shelf)", "raised(hands)"}),
        ("done", {"at(shelf)"}, {"at(shelf)"}),
    ],
)
def test_what_a_step_changes(text: str, before: set[str], after: set[str]) -> None:
    scene = SceneState(things=(Thing(name="button", kind="button"), Thing(name="shelf", kind="shelf")))
    step = next(s for s in ground_options(scene) if s.text == text)
    assert effect(step, frozenset(before)) == after


def test_every_behaviour_is_filed_under_its_name() -> None:
    assert all(BEHAVIOURS[name].name == name for name in BEHAVIOURS)
    assert all(BEHAVIOURS[name].parts <= {"legs", "torso", "arms"} and BEHAVIOURS[name].about for name in BEHAVIOURS)


def test_a_step_with_an_argument_too_many_or_too_few_is_refused() -> None:
    """Every behaviour of every scene: what is said beside its own arguments must not get lost."""
    tried: set[str] = set()
    hall = {"things": [{"name": "parcel", "kind": "box", "position": [2.0, 1.0]},
                       {"name": "anna", "kind": "person", "position": [2.0, -1.0]}]}  # fmt: skip
    for scene in (*(scenes.load(name) for name in scenes.names()), parse_scene(hall, name="hall")):
        start = Pose2D(x=scene.start.x, y=scene.start.y, heading=scene.start.heading)
        situation = scene.situation(start, Mode.RUNNING)
        for step in ground_options(scene.state):
            if step.behaviour in ENDS:
                continue
            tried.add(step.behaviour)
            for arguments in ((*step.arguments, "0"), step.arguments[1:]):
                if arguments != step.arguments:
                    with pytest.raises(InputError):
                        objection(Step(text=step.text, behaviour=step.behaviour, arguments=arguments), situation)
    assert tried == set(BEHAVIOURS) - {"together"}  # which is made of two others
