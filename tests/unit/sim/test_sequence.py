"""Which sequences of steps are what an instruction asks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim import scenes
from sim.sequence import judge_sequence
from skillblend.contracts import Step
from skillblend.options import DONE, ground_options

OPTIONS = {option.text: option for option in ground_options(scenes.load("workshop").state)}


def events(*texts: str) -> list[tuple[Step, bool]]:
    """Steps that succeeded, or failed where the text starts with "-"."""
    return [(OPTIONS[text.lstrip("-")], not text.startswith("-")) for text in texts]


PLAN = ["walk to the button", "press the button", "walk to the red marker", "turn left"]
WAIT = [["walk to the red marker"], ["walk to the red marker", "stand still"]]


@pytest.mark.parametrize(
    ("done", "plans", "success"),
    [
        (PLAN, [PLAN], True),
        (["press the button", "walk to the red marker", "turn left"], [PLAN], True),
        ([*PLAN[:1], *PLAN], [PLAN], True),  # walks to where it is
        (["-press the button", *PLAN], [PLAN], True),
        (["-walk to the button", *PLAN], [PLAN], True),
        ([*PLAN[:3], "-turn left", "turn left"], [PLAN], True),
        (PLAN[:3], [PLAN], False),
        ([*PLAN[:3], "-turn left"], [PLAN], False),
        ([*PLAN, "turn left"], [PLAN], False),
        ([*PLAN, "-turn right"], [PLAN], False),
        (["-touch the shelf", *PLAN], [PLAN], False),
        (["walk to the shelf", *PLAN], [PLAN], False),
        (["touch the shelf", *PLAN], [PLAN], False),
        ([PLAN[0], PLAN[2], PLAN[3]], [PLAN], False),
        ([*PLAN[2:], *PLAN[:2]], [PLAN], False),
        ([PLAN[0], PLAN[1], PLAN[1], *PLAN[2:]], [PLAN], False),
        ([], [PLAN], False),
        (["refuse"], [PLAN], False),
        (["walk to the red marker"], WAIT, True),
        (["walk to the red marker", "stand still"], WAIT, True),
        (["stand still", "walk to the red marker"], WAIT, False),
        (["refuse"], [], True),
        ([], [], False),
        (["turn left"], [], False),
        (["walk to the button", "refuse"], [], False),
        (["-turn left", "refuse"], [], False),
    ],
)
def test_sequences(done: list[str], plans: list[list[str]], success: bool) -> None:
    assert judge_sequence(events(*done), plans) == success
    assert judge_sequence([*events(*done), (DONE, True)], plans) == success


def test_held_out_plans_satisfy_their_own_instruction_and_half_of_them_does_not() -> None:
    path = Path(__file__).parents[2] / "integration" / "instructions.json"
    cases = json.loads(path.read_text())["instructions"]
    assert len(cases) >= 40
    for case in cases:
        plans = case["plans"] or [["refuse"]]
        for plan in plans:
            assert judge_sequence(events(*plan), case["plans"])
            assert not judge_sequence(events(*plan, "touch the shelf"), case["plans"])
            if plan[:-1] not in plans:
                assert not judge_sequence(events(*plan[:-1]), case["plans"])
