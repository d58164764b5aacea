"""Successive Prompting: one part of the task is asked for at a time, and each part is answered by one step.

Source: Dua et al., arXiv 2212.04092: a question for the next part, a question for its answer, until nothing is left.
"""

from __future__ import annotations

from planners.planner import Query
from planners.writing.asking import RULES, Method, situation_text, task_text
from planners.writing.reading import plain, steps_of
from planners.writing.writer import TextModel
from skillblend.contracts import Step
from skillblend.options import DONE

NOTHING = "nothing"
"""What the model writes where nothing is left to do."""

TOKENS = 32


class Successive:
    """Two questions a step: which part is next, and which step does it."""

    def __init__(self, writer: TextModel) -> None:
        self._writer = writer

    def next(self, query: Query) -> Step:
        """The step for the part that the model names."""
        answer = self._writer.write(part_question(query), tokens=TOKENS).strip()
        part = plain((answer.splitlines() or [""])[0].removeprefix("Next part:"))
        if part.startswith(NOTHING) or part in ("", "none", "done"):
            return DONE
        answer = self._writer.write(step_question(query, part), tokens=TOKENS).strip()
        first = (answer.splitlines() or [""])[0].removeprefix("Step:")
        return DONE if plain(first) == DONE.text else steps_of(f"1. {first}", query.steps)[0]


def part_question(query: Query) -> str:
    """Asks which part of the task comes next."""
    done = "".join(f"- {step.text}{'' if ok else ' (failed)'}\n" for step, ok in query.history) or "- nothing yet\n"
    return (
        f"{situation_text(query.scene, query.steps)}{task_text(query.instruction)}Done so far:\n{done}"
        f"Which part of the task comes next? Answer in one short line, or with the word {NOTHING}.\nNext part:"
    )


def step_question(query: Query, part: str) -> str:
    """Asks for the step that does this part."""
    return (
        f"{situation_text(query.scene, query.steps)}{RULES.partition(' If ')[0]} If no step fits, write: refuse\n"
        f"{task_text(part)}Which one step of the list does that? Copy it.\nStep:"
    )


METHOD = Method(name="successive", about="part after part, a step for each", make=Successive)
