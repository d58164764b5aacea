"""What is said to a robot on its way, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenes import load
from skillblend.corrections import correction_of, step_under_way
from skillblend.errors import InputError
from skillblend.options import ground_options
from skillblend.preferences import MOST, Preferences

SCENE = load("storeroom").state
STEPS = {step.text: step for step in ground_options(SCENE)}


@pytest.mark.parametrize(
    ("line", "instruction", "step", "meant"),
    [
        ("no, the other one", "touch the table", "touch the wooden table", "touch the metal table"),
        ("not that one", "pick up the parcel", "pick up the brown parcel", "pick up the blue parcel"),
        ("wrong one", "go to the desk", "walk to the metal table", "walk to the wooden table"),
        ("not that one, the green one", "go to the marker", "walk to the red marker", "go to the green marker"),
        ("no, I mean the metal table", "touch the table", "walk to the wooden table", "touch the metal table"),
    ],
)
def test_another_thing(line: str, instruction: str, step: str, meant: str) -> None:
    found = correction_of(line, instruction, STEPS[step], SCENE)
    assert found is not None and found.lines == (meant,) and found.instead == instruction and not found.goes_on


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("stop there, first touch the shelf", "touch the shelf"),
        ("wait, first pick up the tin", "pick up the tin"),
        ("a bit further left", "step to the left"),
        ("no, a little more to the right please", "step to the right"),
        ("slightly forward", "walk forward half a metre"),
    ],
)
def test_something_first(line: str, what: str) -> None:
    found = correction_of(line, "go to the bin", STEPS["walk to the bin"], SCENE)
    assert found is not None and found.lines == (what,) and found.goes_on and not found.instead


@pytest.mark.parametrize(
    "line", ["stop", "no", "no, stop", "not there", "go to the shelf", "the shelf", "don't touch that", "wait"]
)
def test_what_corrects_nothing(line: str) -> None:
    assert correction_of(line, "touch the table", STEPS["touch the wooden table"], SCENE) is None


def test_questions_and_what_cannot_be() -> None:
    found = correction_of("not that one", "go to the marker", STEPS["walk to the red marker"], SCENE)
    assert found is not None and found.question.choices == ("green marker", "yellow marker")
    assert found.question.answered("the yellow one") == "go to the yellow marker"
    alone = correction_of("not that one", "touch the shelf", STEPS["touch the shelf"], SCENE)
    assert alone is not None and alone.hint == "there is no other shelf here than the shelf"
    assert correction_of("not that one", "turn left", STEPS["turn left"], SCENE) is None
    assert correction_of("not that one", "turn left", None, SCENE) is None


def test_the_step_under_way_is_the_longest_that_the_line_begins_with() -> None:
    steps = list(STEPS.values())
    assert step_under_way("walk to the bin, 1.0 m from it", steps) == STEPS["walk to the bin"]
    assert step_under_way("planning 'go'", steps) is None


def test_what_was_corrected_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "preferences.json"
    kept = Preferences(path)
    assert kept.keep("Go to the table.", "go to the metal table") == ""
    again = Preferences(path)
    assert again.meant("go to  the TABLE") == "go to the metal table" and again.meant("go to the shelf") == ""
    assert again.lines() == ["  'go to the table' means 'go to the metal table'"]
    assert again.forget() == "'go to the table' meant 'go to the metal table'"
    assert again.forget() == "" and Preferences(path).lines() == []
    for k in range(MOST + 3):
        again.keep(f"go {k}", "turn left")
    assert len(Preferences(path).lines()) == MOST and again.meant("go 0") == ""


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 2, "means": {}}', '{"version": 1, "means": {"a": 1}}'])
def test_files_that_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "p.json").write_text(content)
    with pytest.raises(InputError, match="must hold corrections, version 1"):
        Preferences(tmp_path / "p.json")


def test_what_cannot_be_written_holds_for_the_session(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Preferences()
    kept.path = tmp_path / "file" / "p.json"
    assert "holds for this session alone" in kept.keep("go", "turn left") and kept.meant("go") == "turn left"


@pytest.mark.parametrize(
    ("instruction", "step", "meant"),
    [
        ("walk to the wooden table", "walk to the wooden table", "walk to the metal table"),
        ("walk to the wooden table", "walk to the metal table", "walk to the wooden table"),
        ("walk to the big table", "walk to the wooden table", "walk to the metal table"),
        ("put the tin on that old table", "walk to the wooden table", "put the tin on the metal table"),
    ],
)
def test_words_between_go_with_the_thing(instruction: str, step: str, meant: str) -> None:
    found = correction_of("the other one", instruction, STEPS[step], SCENE)
    assert found is not None and found.lines == (meant,)


def test_who_named_a_thing_in_full_is_taken_at_their_word_the_next_time() -> None:
    step = STEPS["walk to the wooden table"]
    found = correction_of("not that one", "walk to the wooden table", step, SCENE)
    assert found is not None and found.lines == ("walk to the metal table",) and not found.instead
