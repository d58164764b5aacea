"""A simulated robot as a console plays it: plans are rehearsed in a copy of the present, then done as shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skillblend import sayings
from skillblend.asking import Clarification
from skillblend.contracts import Decision, SceneState, Step
from skillblend.draft import NOT_VERIFIED, Draft
from skillblend.forecast import Pending
from skillblend.safety.instruction import check_instruction
from skillblend.session import Hooks, Outcome, Session
from skillblend.shell import Shell
from skillblend.simulated import plan_ahead, prepare_preview

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from skillblend.cli.viewing import View

FUTURES = 16
"""Simulated for a preview."""


class SimulatedPlayer:
    """A session with one robot, behind the names that a console knows.

    Attributes:
        session: The robot.
        last: By which the step under way was chosen, or the latest one.
    """

    def __init__(
        self, open_session: Callable[[Callable[[Any], Hooks]], Session], shell: Shell, view: View | None = None
    ) -> None:
        """Stand a robot up: `open_session` is given what is called along the way, `view` shows it."""
        self._shell, self._view = shell, view
        self._step: Step | None = None
        self._decisions: dict[str, Decision] = {}
        self._pending: Pending | None = None
        self.last: Decision | None = None
        self.session = open_session(self._hooks)

    @property
    def stop_requested(self) -> bool:
        """Nothing more is begun, and what goes on, in a copy too, ends with the next control step."""
        return self.session.stop_requested

    @stop_requested.setter
    def stop_requested(self, value: bool) -> None:
        self.session.stop_requested = value
        pending = self._pending
        if value and pending is not None:
            pending.stop()

    @property
    def scene(self) -> SceneState:
        """The things around the robot."""
        return self.session.scene

    @property
    def time(self) -> float:
        """Robot time, s."""
        return self.session.time

    @property
    def fallen(self) -> bool:
        """Whether it lies on the floor."""
        return self.session.fallen

    @property
    def fault(self) -> str:
        """Why the guard stopped it; empty where it did not."""
        return self.session.fault

    def plan(self, instruction: str) -> Draft:
        """The steps that a copy of the robot would take, each with the affordance that it was chosen with.

        Raises:
            SafetyError: Nobody may ask for that.
        """
        check_instruction(instruction)
        steps, rehearsal = plan_ahead(self.session, instruction)
        self._decisions = {}
        for decision in rehearsal.decisions:
            self._decisions.setdefault(decision.chosen.step.text, decision)
        chances = {text: decision.chosen.affordance for text, decision in self._decisions.items()}
        self.last = next(iter(rehearsal.decisions), self.last)
        failed = "" if rehearsal.success or rehearsal.refused else rehearsal.reason or rehearsal.fault or "it failed"
        unverified = failed if failed.startswith(NOT_VERIFIED) else ""
        return Draft(
            instruction=instruction,
            steps=[(step, chances.get(step.text)) for step in steps],
            refused=(rehearsal.reason or "no skill can do that here") if rehearsal.refused else "",
            doubt="" if unverified else failed,
            unverified=unverified,
            question=Clarification(choices=rehearsal.choices, answers=rehearsal.answers),
            decisions=rehearsal.decisions,
        )

    def preview(self, steps: Sequence[Step]) -> str:
        """In how many futures it succeeds, how long it takes, and what may go wrong."""
        self._pending = prepare_preview(self.session, [list(steps)], futures=FUTURES)
        if self.stop_requested:  # said while the copies were made
            self._pending.stop()
        (found,), self._pending = self._pending.run(), None
        low, high = found.success.interval
        took = "" if found.seconds is None else f" in about {found.seconds:.1f} s"
        lines = [
            f"succeeds in {found.success.count} of {found.success.total} futures ({low:.0%} to {high:.0%}){took}; "
            f"falls in {found.falls}"
        ]
        for number, step in enumerate(found.steps, start=1):
            lines.append(f"  {number}. {step.step.text}: {step.done.count} of {step.done.total}")
        return "\n".join(lines)

    def run(self, instruction: str) -> Outcome:
        """Decide, act and judge until the plan ends."""
        return self.session.run(instruction)

    def follow(self, steps: Sequence[Step]) -> Outcome:
        """Carry out `steps` to the first that is not done."""
        return self.session.follow([list(steps)])[0]

    def stand(self) -> None:
        """Come to rest on the feet."""
        self.session.stand()

    def _hooks(self, bridge: MujocoBridge) -> Hooks:
        def watch() -> None:
            self._progress(bridge)
            if self._view is not None:
                self._view.update(bridge)

        def judged(number: int, entry: Mapping[str, Any]) -> None:
            del number
            when, self._step = float(bridge.state.time[0]), None
            self._shell.say("step", sayings.step_line(entry, when), time=when, step=dict(entry))

        return Hooks(watch=watch, judged=judged)

    def _progress(self, bridge: MujocoBridge) -> None:
        """For the status line: the step, how far its goal is, and robot time."""
        step = self.session.steps.steps[0]
        if step is None or self.session.steps.over[0]:
            return
        if step is not self._step:
            self._step, self.last = step, self._decisions.get(step.text, self.last)
            if self._view is not None:
                self._view.board.begun(step, self._decisions.get(step.text))
        x, y = bridge.state.base_position[0, :2].tolist()
        seconds = float(self.session.steps.seconds[0])
        doing = sayings.under_way(step, bridge.things, (x, y))
        self._shell.doing = (f"{doing}, {seconds:.1f} s of robot time", 0.0)
