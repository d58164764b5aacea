"""Files of instructions: what is wrong with one is said before anything is loaded, with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.scenes import load
from skillblend.cases import Case, parse_cases, read_file
from skillblend.errors import InputError
from skillblend.gold import Gold
from skillblend.options import ground_options

STEPS = [step.text for step in ground_options(load("workshop").state)]
THINGS = load("workshop").state.names
HELD_OUT = Path(__file__).resolve().parents[2] / "integration" / "instructions.json"


def parsed(*entries: Any) -> list[Case]:
    return parse_cases(entries, STEPS, THINGS, Path("f.json"))


def test_the_held_out_file_is_one() -> None:
    scene, entries = read_file(HELD_OUT)
    cases = parse_cases(entries, STEPS, THINGS, HELD_OUT)
    assert scene == "workshop" and len(cases) == len(entries)
    assert [list(map(list, case.plans)) for case in cases] == [entry["plans"] for entry in entries]


def test_what_needs_a_behaviour_that_is_missing_has_to_be_refused() -> None:
    entry = {"instruction": "go", "goals": [{"final": ["at(shelf)"]}]}
    gold = parsed(entry | {"needs": ["walk_to"]})[0].gold
    assert gold == parsed(entry)[0].gold and gold is not None and not gold.refuse
    assert parsed(entry | {"needs": ["walk_to", "fly_to"]})[0].gold == Gold(refuse=True)
    for bad in ("walk_to", [3], [""]):
        with pytest.raises(InputError, match=r"\(0\): 'needs' is .*, needed is a list of behaviours"):
            parsed(entry | {"needs": bad})


def test_id_and_category_may_be_left_out() -> None:
    case = parsed({"instruction": " turn ", "plans": [["turn left"], ["turn right"]]})[0]
    expected = Case(id="0", category="", instruction="turn", plans=(("turn left",), ("turn right",)))
    assert case == expected


@pytest.mark.parametrize(
    ("content", "about"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "decode"),
        (b"{", "Expecting"),
        (b"[" * 100_000, "recursion|Expecting|nest"),
        (b"[]", r"found \[\]"),
        (b'{"instructions": [1]}', "'scene' is missing"),
        (b'{"scene": 3, "instructions": [1]}', "'scene' is 3"),
        (b'{"scene": "workshop"}', "'instructions' is missing"),
        (b'{"scene": "workshop", "instructions": []}', r"'instructions' is \[\]"),
        (b'{"scene": "workshop", "instructions": {"a": 1}}', "'instructions' is {'a': 1}"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, content: bytes | None, about: str) -> None:
    file = tmp_path / "f.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=f"must be JSON with 'scene' and 'instructions': .*{about}"):
        read_file(file)


GOOD = {"id": "a", "instruction": "turn", "plans": [["turn left"]]}


@pytest.mark.parametrize(
    ("entry", "about"),
    [
        (3, "is 3, needed is an object"),
        ({"instruction": "turn"}, r"\(0\): give 'plans', 'goals', 'refuse' or 'ask'"),
        (GOOD | {"plans": "turn left"}, "plans is 'turn left'"),
        (GOOD | {"plans": ["turn left"]}, r"plans is \['turn left'\]"),
        (GOOD | {"plans": [[3]]}, r"plans is \[\[3\]\]"),
        (
            GOOD | {"plans": [["turn left"], ["walk to the buton"]]},
            r"plans\[1\]\[0\] is 'walk to the buton', which is no step .*; did you mean 'walk to the button'\?",
        ),
        (GOOD | {"plans": [["zzz"]]}, "'zzz', which is no step in this scene; type `options`"),
        (GOOD | {"plans": [["turn left", "done"]]}, r"plans\[0\] names 'done'"),
        (GOOD | {"plans": [["refuse", "turn left"]]}, "'refuse' before its end"),
        (GOOD | {"refuse": True}, "'refuse' is True, but there are 1 plans"),
        (GOOD | {"plans": [], "refuse": False}, "'refuse' is False, but there are 0 plans"),
        (GOOD | {"instruction": ""}, r"\(a\): the instruction holds no words"),
        ({"plans": []}, "an instruction is text, not NoneType"),
        (GOOD | {"id": 3}, "'id' and 'category' must be text"),
    ],
)
def test_what_is_no_case(entry: Any, about: str) -> None:
    with pytest.raises(InputError, match=rf"f.json: instructions\[0\].*{about}"):
        parsed(entry)


def test_an_id_twice() -> None:
    with pytest.raises(InputError, match=r"instructions\[1\] has the id 'a' of instructions\[0\]"):
        parsed(GOOD, GOOD)


def test_refusals_are_said_in_either_way() -> None:
    for plans in ([], [["refuse"]], [["turn left", "refuse"]]):
        assert json.loads(json.dumps(parsed(GOOD | {"plans": plans})[0].plans)) == plans
