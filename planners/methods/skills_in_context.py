"""Skills-in-Context: the skills and what each does come first, then examples that name the skills they are made of.

Source: Chen et al., arXiv 2308.00304.
"""

from __future__ import annotations

from collections.abc import Sequence

from planners.planner import Query
from planners.writing.asking import RULES, Method, WholePlan, plan_text, situation_text, task_text
from planners.writing.writer import TextModel
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Step
from skillblend.options import ENDS

EXAMPLES = (
    (
        "touch the bench and turn around",
        "The bench is touched with the skill touch, which needs walk_to before it. Then the skill turn.",
        ("walk to the bench", "touch the bench", "turn around"),
    ),
    ("sing a song", "No skill sings.", ("refuse",)),
)
"""Task, which skills it is composed of, plan: in a room with a bench."""


def skills_text(steps: Sequence[Step]) -> str:
    """Every skill that there are steps of, and what it does."""
    names = dict.fromkeys(step.behaviour for step in steps if step.behaviour not in ENDS)
    return "Skills:\n" + "".join(f"- {name}: {BEHAVIOURS[name].about}\n" for name in names)


def ask(query: Query) -> str:
    """The question."""
    shown = "\n".join(f"{task_text(task)}{why}\n{plan_text(plan)}" for task, why, plan in EXAMPLES)
    return (
        f"{skills_text(query.steps)}\nExamples from a room with a bench:\n{shown}\n"
        f"Now another room.\n{situation_text(query.scene, query.steps)}{RULES}.\n"
        "Say which skills the task is composed of, then write the plan as in the examples.\n"
        f"{task_text(query.instruction)}"
    )


def make(writer: TextModel) -> WholePlan:
    """One question an instruction."""
    return WholePlan(writer, ask)


METHOD = Method(name="skills_in_context", about="skills first, then examples composed of them", make=make)
