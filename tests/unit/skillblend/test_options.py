"""The options of a scene, written out by hand."""

from __future__ import annotations

import pytest

from skillblend.contracts import SceneObject, Step
from skillblend.options import DONE, MOVES, REFUSE, ground_options


def grounded(*objects: SceneObject) -> list[Step]:
    """What `objects` add to the options of an empty scene."""
    bare, options = ground_options([]), ground_options(objects)
    assert options[: len(MOVES)] == bare[: len(MOVES)]
    return options[len(MOVES) : -2]


def test_an_empty_scene_offers_the_moves_and_two_ends() -> None:
    options = ground_options([])
    assert [(s.text, s.skill, s.argument) for s in options[:-2]] == list(MOVES)
    assert options[-2:] == [DONE, REFUSE]
    assert (DONE.skill, REFUSE.skill) == ("done", "refuse")


@pytest.mark.parametrize(
    ("kind", "verb"),
    [("button", "press"), ("table", "touch"), ("shelf", "touch"), ("box", "touch"), ("marker", None)],
)
def test_what_can_be_done_with_a_thing(kind: str, verb: str | None) -> None:
    expected = [Step(text="walk to the red thing", skill="walk_to", argument="red thing")]
    if verb is not None:
        expected.append(Step(text=f"{verb} the red thing", skill=verb, argument="red thing"))
    assert grounded(SceneObject(name="red thing", kind=kind)) == expected


def test_things_come_in_the_order_of_the_scene() -> None:
    steps = grounded(SceneObject(name="button", kind="button"), SceneObject(name="table", kind="table"))
    assert [s.text for s in steps] == [
        "walk to the button",
        "press the button",
        "walk to the table",
        "touch the table",
    ]


def test_texts_are_unique_since_affordances_are_keyed_by_them() -> None:
    objects = [SceneObject(name=k, kind=k) for k in ("button", "table", "shelf", "box", "marker")]
    texts = [s.text for s in ground_options(objects)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("text", "skill", "argument"), MOVES)
def test_the_arguments_of_moves_can_be_read(text: str, skill: str, argument: str) -> None:
    if skill == "walk":
        way, metres = argument.split()
        assert way in ("forward", "backward", "left", "right")
        assert 0 < float(metres) <= 2
        assert way in text
    elif skill == "turn":
        assert {"turn left": 90, "turn right": -90, "turn around": 180}[text] == float(argument)
    else:
        assert (skill, argument) in {("stand", "3"), ("raise", "")}
