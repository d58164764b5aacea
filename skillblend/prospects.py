"""What would succeed now: the affordance of each grounded step in the present state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skillblend.affordance import FILE, Affordance, calibration
from skillblend.behaviours import BEHAVIOURS, Question, Stage
from skillblend.contracts import Array, Observation, Step
from skillblend.errors import PlanError, UnknownNameError
from skillblend.options import ENDS
from skillblend.rows import take
from skillblend.safety.plan import ABILITY
from skillblend.skills.spec import SKILLS
from skillblend.values import describe, squared


class Prospects:
    """P(success) of steps: by the behaviour's value function, else by the critic of the skill that carries it out."""

    def __init__(
        self, stage: Stage, affordances: Mapping[str, Affordance], values: Mapping[str, Affordance] | None = None
    ) -> None:
        """`affordances` by skill and `values` by behaviour, of those that have one."""
        self.stage = stage
        self.affordances = affordances
        self.values = values or {}

    def of(self, steps: Sequence[Step], obs: Observation, i: int = 0) -> dict[str, float]:
        """Probability by step text, for robot `i` of `obs`; ending a plan always succeeds."""
        found = self.critic_of(steps, obs, i)
        for step in steps:
            value, critic = self.values.get(step.behaviour), found[step.text]
            if value is not None and critic > 0.0:
                row = describe(step, i, self.stage, obs, critic)
                found[step.text] = float(value(squared(row[None]))[0])
        return found

    def critic_of(self, steps: Sequence[Step], obs: Observation, i: int = 0) -> dict[str, float]:
        """The same by the critics of the skills alone."""
        found = dict.fromkeys((step.text for step in steps), 1.0)
        asked = [(step.text, self._question(step, i)) for step in steps if step.behaviour not in ENDS]
        found.update({text: 0.0 for text, question in asked if isinstance(question, str)})
        questions = [(text, question) for text, question in asked if isinstance(question, Question)]
        for skill in dict.fromkeys(question.skill for _, question in questions):
            texts = [text for text, question in questions if question.skill == skill]
            goals = np.stack([question.goal for _, question in questions if question.skill == skill])
            found.update(zip(texts, self._answers(skill, goals, obs, i).tolist(), strict=True))
        return found

    def objections(self, steps: Sequence[Step], i: int = 0) -> dict[str, str]:
        """Why some of `steps` cannot even be weighed, by their texts: a skill is missing, or was never calibrated."""
        if all(name in self.affordances for name in SKILLS):
            return {}
        asked = {step.text: self._question(step, i) for step in steps if step.behaviour not in ENDS}
        return {text: why for text, why in asked.items() if isinstance(why, str) and why.startswith(ABILITY)}

    def _question(self, step: Step, i: int) -> Question | str | None:
        """What `step` asks of a skill; why it cannot be asked where there is no way, or no such skill."""
        try:
            question = BEHAVIOURS[step.behaviour].affordance(step, i, self.stage)
        except PlanError as error:
            return str(error)
        except UnknownNameError as error:
            if error.kind != "skill":
                raise
            return self._lacking(error.name)
        return question if question is None or question.skill in self.affordances else self._lacking(question.skill)

    def _lacking(self, skill: str) -> str:
        """Why nothing can be asked of `skill`, and what to do about it."""
        robot, names = self.stage.robot.name, self.stage.skills.names
        if skill not in names:
            has = ", ".join(names)
            return f"{ABILITY}: {robot} has no {skill}, it has {has}; train it with `skillblend train skill`"
        return f"{ABILITY}: nobody knows how often {skill} of {robot} works; run `{calibration(skill, robot)}`"

    def _answers(self, skill: str, goals: Array, obs: Observation, i: int) -> Array:
        """P(success) (M,) of goals (M, G) of `skill`, all from the state of robot `i`."""
        rows = np.full(len(goals), i, dtype=np.int64)
        policy, seen = self.stage.skills.skill(skill), obs.take(rows)
        memory = take(self.stage.skills.memory_of(skill), rows)
        value = policy.value(seen, policy.goal_space.clip(goals), memory)
        return self.affordances[skill](SKILLS[skill].describe(policy.controller, value, seen, goals, memory))


def load_affordances(models: Path, robot: str) -> dict[str, Affordance]:
    """The affordances in the bundles of the robot's skills under `models`; of those that have one.

    Raises:
        BundleError: One is damaged.
    """
    folders = {skill: models / robot / skill for skill in SKILLS}
    return {skill: Affordance.load(folder, skill) for skill, folder in folders.items() if (folder / FILE).exists()}
