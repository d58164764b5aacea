"""Plan-and-Solve: understand the task and divide it first, then carry the parts out one by one, in one answer.

Source: Wang et al., arXiv 2305.04091; its trigger sentence, for steps instead of numbers.
"""

from __future__ import annotations

from planners.planner import Query
from planners.writing.asking import RULES, Method, WholePlan, plan_text, situation_text, task_text
from planners.writing.writer import TextModel


def ask(query: Query) -> str:
    """The question; no example."""
    return (
        f"{situation_text(query.scene, query.steps)}{RULES}.\n{task_text(query.instruction)}"
        "Let's first understand the task and devise a plan. Then write the steps of that plan, one a line, numbered. "
        f"For another room it could be:\n{plan_text(['walk to the bench', 'touch the bench'])}"
    )


def make(writer: TextModel) -> WholePlan:
    """One question an instruction."""
    return WholePlan(writer, ask)


METHOD = Method(name="plan_and_solve", about="devise a plan, then write its steps", make=make)
