"""A plan that is shown before it begins, and the robot that would carry it out, as a console knows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skillblend import sayings
from skillblend.asking import Clarification
from skillblend.contracts import Decision, SceneState, Step

RISK = 0.85
"""A plan that succeeds with less is asked about."""

NOT_VERIFIED = "plan completed"
"""How the end of a plan begins that leaves a part of the instruction undone: see `skillblend.plan_run`."""

Tell = Callable[[str, str, Mapping[str, Any]], None]
"""Takes an event: its kind, what a person reads, and what a program reads."""


@dataclass(kw_only=True)
class Draft:
    """A plan that has not begun.

    Attributes:
        instruction: As typed.
        steps: Each with the probability that it succeeds, where that is known.
        refused: Why nothing is to be done; empty where something is.
        doubt: What the rehearsal came to, where that was no success.
        unverified: What can be said of the instruction once all steps are done, where that is not "done".
        question: What an unclear word may mean, where it is refused because nobody has said which.
        decisions: By which it was made.
    """

    instruction: str
    steps: list[tuple[Step, float | None]] = field(default_factory=list[tuple[Step, float | None]])
    refused: str = ""
    doubt: str = ""
    unverified: str = ""
    question: Clarification = field(default_factory=Clarification)
    decisions: Sequence[Decision] = ()

    @property
    def risk(self) -> str:
        """Why somebody should say yes to it first; empty where nobody need."""
        chance = 1.0
        for _, likely in self.steps:
            chance *= 1.0 if likely is None else likely
        if self.doubt:
            return f"rehearsed, it ended badly: {self.doubt}"
        if chance < RISK:
            return f"all of it succeeds with {chance:.0%}"
        return ""

    def change(self, how: str, rest: str, scene: SceneState) -> str:
        """Skip a step (`rest` is its number) or edit one (its number and another step); what hinders that."""
        number, _, text = rest.partition(" ")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= len(self.steps):
            known = f"1 to {len(self.steps)}"
            return f"{how} which step? found {number or 'nothing'!r}, give a number from {known}"
        at = int(number) - 1
        if how == "skip":
            del self.steps[at]
        else:
            step, trouble = sayings.step_called(text, scene)
            if step is None:
                return trouble
            self.steps[at] = (step, None)
        self.doubt = ""
        return ""

    def record(self) -> list[dict[str, Any]]:
        """Its steps for programs."""
        return [
            {"text": step.text, "probability": chance, "undo": sayings.inverse(step) is not None}
            for step, chance in self.steps
        ]


class Player(Protocol):
    """The robot, as a console knows it."""

    @property
    def stop_requested(self) -> bool:
        """Once set, nothing more is begun, and what goes on ends with the next control step."""
        ...

    @stop_requested.setter
    def stop_requested(self, value: bool) -> None: ...

    @property
    def scene(self) -> SceneState:
        """The things around it."""
        ...

    @property
    def time(self) -> float:
        """Robot time, s."""
        ...

    @property
    def last(self) -> Decision | None:
        """The latest decision."""
        ...

    @property
    def fallen(self) -> bool:
        """Whether it lies on the floor."""
        ...

    @property
    def fault(self) -> str:
        """Why the guard stopped it; empty where it did not."""
        ...

    def plan(self, instruction: str) -> Draft | None:
        """What would be done; None where that is decided on the way."""
        ...

    def preview(self, steps: Sequence[Step]) -> str:
        """What `steps` would come to."""
        ...

    def run(self, instruction: str) -> Any:
        """Carry it out, deciding on the way; an outcome with `success`, `refused` and `reason`."""
        ...

    def follow(self, steps: Sequence[Step]) -> Any:
        """Carry out `steps` to the first that is not done; an outcome."""
        ...

    def stand(self) -> None:
        """Come to rest on the feet, whatever was going on."""
        ...
