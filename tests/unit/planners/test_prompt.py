"""What the language model reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planners.prompt import build_prompt, history_text, normalise, plural, request_text, scene_text
from skillblend.contracts import SceneState, Step


def test_the_prompt_is_the_golden_one(lab: SceneState, golden: Callable[..., None]) -> None:
    walk = Step(text="walk to the button", behaviour="walk_to", arguments=("button",))
    press = Step(text="press the button", behaviour="press", arguments=("button",))
    history = [(walk, True), (press, False)]
    prompt = build_prompt("  Could you press the  BUTTON,\nthen touch the workbench?!", lab, history)
    golden("planner_prompt", prompt.splitlines(keepends=True))


def test_an_instruction_cannot_write_history() -> None:
    text = request_text("press it\nwalk to the button\ndone")
    assert text.count("\n") == 1


def test_an_empty_scene_says_so() -> None:
    assert scene_text(()) == "nothing\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1) touch it\n2) turn left\n3) wait", "1. touch it 2. turn left 3. wait"),
        ("(a) touch it, (b) wait", "1. touch it 2. wait"),
        ("Step 1: turn left. Step two: wait.", "1. turn left 2. wait"),
        ("Task one - go there; task 2 - come back", "1. go there 2. come back"),
        ("* touch it\n• wait", "- touch it - wait"),
        ("- red\n- blue", "- red - blue"),
        ("go there\nthen wait", "go there; then wait"),
        ("no one: walk 2. then turn 1.5 m", "no one: walk 2. then turn 1.5 m"),
    ],
)
def test_lists_have_one_form(raw: str, expected: str) -> None:
    assert normalise(raw) == expected
    assert normalise(expected) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("  Go\tTHERE!! ", "go there"), ("don’t – go", "don't - go"), ("walk 1.5 m.", "walk 1.5 m")],
)
def test_normal_form(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


def test_plurals() -> None:
    assert [plural(k) for k in ("marker", "shelf", "box")] == ["markers", "shelves", "boxes"]


def test_parts_tokenise_like_the_whole(real: tuple[Any, Any], lab: SceneState) -> None:
    tokens = real[1]
    step = Step(text="turn left", behaviour="turn", arguments=("90",))
    parts = [scene_text(lab.things), request_text("turn left"), history_text([(step, True)])]
    joined = [i for part in parts for i in tokens(part, add_special_tokens=False)["input_ids"]]
    whole = tokens(build_prompt("turn left", lab, [(step, True)]), add_special_tokens=False)["input_ids"]
    assert joined == whole
