"""Plans are written within what is allowed, with the probability that they have there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from planners.interpreting.decoding import PlanWriter, Written
from planners.interpreting.interpreter import Interpreter, LazyInterpreter
from planners.interpreting.talk import talk_scenes
from skillblend.errors import InputError

LINES = ("go", "gone", "stop", "done")


def by_hand(tiny: Any, page: str, line: str, lines: Sequence[str]) -> float:
    """Probability of `line` after `page`, token by token among `lines`, without any cache."""
    share = 1.0
    for place in range(len(line) + 1):
        fitting = [other + "\n" for other in lines if (other + "\n").startswith(line[:place])]
        choice = sorted({ord(other[place]) for other in fitting if len(other) > place})
        with torch.no_grad():
            logits = tiny(torch.tensor([[ord(letter) for letter in page + line[:place]]])).logits[0, -1]
        weights = torch.softmax(logits[choice].double(), dim=0)
        share *= float(weights[choice.index(ord((line + "\n")[place]))])
    return share


def test_lines_are_allowed_ones_with_their_probabilities(tiny: Any, tokenizer: Any) -> None:
    seen: list[list[str]] = []

    def allowed(lines: Sequence[str]) -> Sequence[str]:
        seen.append(list(lines))
        return LINES

    found = PlanWriter(tiny, tokenizer, max_lines=4).write("walk\n", allowed, ("done",))
    assert 1 <= len(found.lines) <= 4 and set(found.lines) <= set(LINES)
    assert seen == [list(found.lines[:k]) for k in range(len(found.lines))]
    assert "done" not in found.lines[:-1]
    page = "walk\n"
    for line, share in zip(found.lines, found.shares, strict=True):
        assert share == pytest.approx(by_hand(tiny, page, line, LINES), rel=1e-4)
        page += line + "\n"
    assert found.probability == pytest.approx(math.prod(found.shares))


def test_a_page_that_is_too_long_is_refused(tiny: Any, tokenizer: Any) -> None:
    with pytest.raises(InputError, match="takes 9 tokens, allowed are 8"):
        PlanWriter(tiny, tokenizer, max_tokens=8).write("x" * 9, lambda _: LINES, ("done",))


class Script:
    """Writes what it is told, and notes what it might have written."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.allowed, self.page = lines, list[list[str]](), ""

    def write(self, page: str, allowed: Any, ends: Sequence[str]) -> Written:
        del ends
        self.page = page
        self.allowed = [list(allowed(self.lines[:k])) for k in range(len(self.lines))]
        return Written(lines=self.lines, shares=(0.5,) * len(self.lines))


def interpreted(*lines: str) -> tuple[Any, Script]:
    script: Any = Script(*lines)
    return Interpreter(script).interpret("Bring it, please!", talk_scenes()["kitchen"]), script


def test_hands_hold_what_is_put_somewhere() -> None:
    found, script = interpreted("pick up the mug", "put the mug on the dining table", "done")
    assert [step.text for step in found.steps] == ["pick up the mug", "put the mug on the dining table"]
    assert not found.refused and found.probability == 0.125
    first, second, third = script.allowed
    assert "refuse" in first and "done" not in first and "refuse" not in second and "done" in second
    assert not any(text.startswith(("put", "hand")) for text in (*first, *third))
    assert all(" mug " in text for text in second if text.startswith(("put", "hand")))
    assert not any(text.startswith("pick up") for text in second) and "pick up the apple" in third
    assert script.page.endswith("Task: bring it, please\n")


def test_what_no_option_does_is_refused() -> None:
    found, _ = interpreted("refuse")
    assert found.refused and found.steps == ()


def test_one_may_have_to_ask() -> None:
    found, script = interpreted("ask")
    assert found.unclear and not found.refused and found.steps == () and "ask" in script.allowed[0]


def test_without_a_model_nothing_is_interpreted(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    lazy = LazyInterpreter(tmp_path / "none")
    for _ in range(2):
        assert lazy.interpret("hello", talk_scenes()["kitchen"]) is None
    assert len([r for r in caplog.records if "by patterns alone" in r.message]) == 1
