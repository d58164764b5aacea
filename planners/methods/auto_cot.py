"""Auto-CoT: examples that the model has thought through itself, one of each kind of task, then the task.

Source: Zhang et al., arXiv 2210.03493: questions are clustered by a sentence encoder, and of each cluster the one
nearest to its middle is answered after "Let's think step by step". Here the questions are generated ones, whose
plans are known: the thoughts are the model's own, the plan behind them is the known one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from planners.planner import Query
from planners.writing.asking import RULES, Method, WholePlan, plan_text, situation_text, task_text
from planners.writing.writer import TextModel
from skillblend.contracts import Array, IntArray, SceneState

POOL, KINDS, LONGEST = 96, 4, 60
"""Generated tasks, clusters, and words of a thought."""

TRIGGER = "Let's think step by step."
THOUGHT_TOKENS = 48


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A generated task with its scene and its plan."""

    scene: SceneState
    instruction: str
    plan: tuple[str, ...]


class Demonstrations:
    """The examples, thought through when first asked for."""

    def __init__(self, writer: TextModel) -> None:
        self._writer = writer

    def ask(self, query: Query) -> str:
        """The question, after the examples."""
        return (
            f"{self.text}\n{situation_text(query.scene, query.steps)}{RULES}.\n{task_text(query.instruction)}"
            f"{TRIGGER} Then write the plan as above."
        )

    @cached_property
    def text(self) -> str:
        """One example of each kind."""
        return "\n".join(self._shown(task) for task in chosen(generated()))

    def _shown(self, task: Asked) -> str:
        things = ", ".join(task.scene.names)
        head = f"Things: {things}\n{task_text(task.instruction)}{TRIGGER}"
        words = self._writer.write(head, tokens=THOUGHT_TOKENS).split()
        return f"{head} {' '.join(words[:LONGEST])}\n{plan_text(task.plan)}"


def generated(count: int = POOL) -> list[Asked]:
    """Tasks of the training corpus, the same each time; short ones, as the paper's heuristic has it."""
    from planners.corpus.generator import sample_example, sample_scene

    rng = np.random.default_rng(0)
    found: list[Asked] = []
    while len(found) < count:
        things = sample_scene(rng)
        example = sample_example(rng, things)
        plan = tuple(text for text in example.plan if text != "done")
        if len(plan) <= 5 and len(example.instruction.split()) <= LONGEST:
            found.append(Asked(scene=SceneState(things=things), instruction=example.instruction, plan=plan))
    return found


def chosen(tasks: list[Asked]) -> list[Asked]:
    """The task nearest to the middle of each cluster."""
    from scipy.cluster import vq  # pyright: ignore[reportMissingTypeStubs]

    from planners.retrieval import SentenceEncoder

    vectors = SentenceEncoder().embed([task.instruction for task in tasks])
    cluster: Any = vq
    found: tuple[Array, IntArray] = cluster.kmeans2(vectors, KINDS, minit="++", rng=np.random.default_rng(0))
    middles, labels = found
    nearest = [
        min(np.flatnonzero(labels == k), key=lambda i, k=k: float(np.linalg.norm(vectors[i] - middles[k])))
        for k in range(KINDS)
        if (labels == k).any()
    ]
    return [tasks[int(i)] for i in nearest]


def make(writer: TextModel) -> WholePlan:
    """One question an instruction, and one an example beforehand."""
    return WholePlan(writer, Demonstrations(writer).ask)


METHOD = Method(name="auto_cot", about="examples that the model has thought through itself", make=make)
