"""N robots in copies of a scene, each with its instruction, behind a guard: the loops of plans and steps, joined.

One robot serves the command line and the console, sixteen at once an evaluation; what happens to a robot depends on
its own number alone. Simulator, judge and planner are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skillblend.behaviours import Perception, Stage
from skillblend.cast import Cast, Hooks, Judgement, Outcome, Witness
from skillblend.contracts import Array, BoolArray, Bridge, Decision, Observation, SceneState, Step
from skillblend.errors import PlanError, ShapeError
from skillblend.options import ENDS, objection
from skillblend.plan_run import Ending, GivenRun, PlanRun
from skillblend.prospects import Prospects
from skillblend.safety import Guard, GuardedBridge, Rules
from skillblend.safety.machine import Mode
from skillblend.safety.plan import Situation
from skillblend.step_run import StepRun

__all__ = ["Cast", "Hooks", "Judgement", "Outcome", "Session", "Witness"]


class Session:
    """Carries out one instruction a robot after another.

    Attributes:
        cast: Whom and what it plays with.
        guarded: The bridge with the guard inside: every target passes it.
        steps: The step loop.
        stop_requested: Nothing more is begun, and what goes on ends with the next control step.
    """

    def __init__(
        self,
        cast: Cast,
        *,
        rules: Rules | None = None,
        hooks: Hooks | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Arm the guard; the robots stand as they are.

        Args:
            cast: Whom and what it plays with.
            rules: Of instructions, plans and the guard; those for the robot by default.
            hooks: What is called along the way.
            guard: One that runs already, for robots in mid-motion, with which the skills are in step; None arms one.
        """
        self.cast = cast
        self.rules = rules or Rules.for_robot(cast.skills.robot)
        self.hooks = hooks or Hooks()
        obs = cast.bridge.read()
        self.n = obs.num
        self.guarded = GuardedBridge(cast.bridge, guard or Guard(cast.skills.robot, self.rules, num=self.n))
        if guard is None:
            self.guarded.read()
            self.guarded.guard.launch()
            cast.skills.reset(obs)
        self.stage = Stage(skills=cast.skills, perception=cast.perception, rules=self.rules.plan)
        self.steps = StepRun(self.stage, self.n)
        self.prospects = Prospects(self.stage, cast.affordances, cast.values)
        self.stop_requested = False
        self.last: Decision | None = None

    @property
    def times(self) -> Array:
        """Robot times. Shape (N,), s."""
        return self._read().time

    @property
    def time(self) -> float:
        """Time of the first robot, s."""
        return float(self.times[0])

    @property
    def scene(self) -> SceneState:
        """The things around the first robot."""
        return self.cast.perception.scene_state().row(0)

    @property
    def fallen(self) -> bool:
        """Whether the first robot lies on the floor."""
        return bool(self.cast.witness.fell()[0])

    @property
    def fault(self) -> str:
        """Why the guard stopped the first robot; empty where it did not."""
        return self.fault_of(0)

    @property
    def able(self) -> BoolArray:
        """Robots that neither lie on the floor nor were stopped by their guard. Shape (N,)."""
        return ~self.cast.witness.fell() & ~self.guarded.guard.faulted

    def fault_of(self, i: int) -> str:
        """Why the guard stopped robot `i`; empty where it did not."""
        guard = self.guarded.guard
        if not guard.faulted[i]:
            return ""
        return "; then ".join(record.detail for record in guard.records if record.robot == i)

    def decide(self, run: PlanRun, i: int = 0) -> Decision:
        """One planning decision for robot `i` in the present state; `PlanRun.take` has not seen it yet."""
        scene = self.cast.perception.scene_state().row(i)
        options, objections = run.options(scene, self.situation(i))
        objections |= self.prospects.objections([step for step in options if step.text not in objections], i)
        run.objections = objections
        possible = [step for step in options if step.text not in objections]
        affordances = self.prospects.of(possible, self._read(), i) | dict.fromkeys(objections, 0.0)
        return self.cast.planner.decide(run.instruction, scene, run.history, affordances)

    def run(self, instruction: str) -> Outcome:
        """Decide, act and judge until the plan of the one robot ends."""
        return self.run_all([instruction])[0]

    def run_all(self, instructions: Sequence[str]) -> list[Outcome]:
        """The same for N robots, the first one with the first of N instructions.

        Raises:
            ShapeError: There are more or fewer than N instructions.
        """
        if len(instructions) != self.n:
            raise ShapeError(f"{len(instructions)} instructions for {self.n} robots; give one a robot")
        playing = _Playing(self, [PlanRun(text, self.rules) for text in instructions])
        while playing.goes_on():
            self._tick()
        return playing.outcomes()

    def follow(self, plans: Sequence[Sequence[Step]]) -> list[Outcome]:
        """Carry out N plans, each to its first step that is not done; nobody decides anything on the way.

        Raises:
            ShapeError: There are more or fewer than N plans.
            InputError: A plan has no steps, too many, or one that cannot be done or judged.
            UnknownNameError: A step is about a thing that is not there.
        """
        if len(plans) != self.n:
            raise ShapeError(f"{len(plans)} plans for {self.n} robots; give one a robot")
        following = _Following(self, [GivenRun(plan, self.rules) for plan in plans])
        while following.goes_on():
            self._tick()
        return following.outcomes()

    def imagine(self, i: int, bridge: Bridge, perception: Perception, witness: Witness) -> Session:
        """One of N copies of robot `i` in mid-motion, which share nothing with it that changes.

        Args:
            i: Which robot.
            bridge: The copies, in the same state.
            perception: Where everything is around them.
            witness: Judges them.
        """
        ids = np.full(bridge.read().num, i)
        skills, guard = self.cast.skills.take(ids), self.guarded.guard.imagine(ids)
        cast = replace(self.cast, skills=skills, bridge=bridge, perception=perception, witness=witness)
        return Session(cast, rules=self.rules, guard=guard)

    def situation(self, i: int) -> Situation:
        """What the rules for plans look at, for robot `i`."""
        return self.cast.perception.situation(i, Mode(int(self.guarded.guard.state[i])))

    def stand(self, seconds: float = 2.0) -> None:
        """Come to rest on the feet, whatever was going on."""
        for i in range(self.n):
            self.steps.interrupt(i)
        for _ in range(round(seconds / self.stage.dt)):
            self._tick()

    def _read(self) -> Observation:
        return self.cast.bridge.read()

    def _tick(self) -> None:
        """One control step of all robots."""
        self.guarded.send(self.steps.act(self.guarded.read()))
        self.cast.witness.update()
        if self.hooks.watch is not None:
            self.hooks.watch()


class _Playing:
    """N instructions on their way.

    Attributes:
        decider: Name of who decides.
    """

    def __init__(self, session: Session, runs: Sequence[PlanRun]) -> None:
        self.session = session
        self.runs = runs
        self.decider = session.cast.planner.name
        self._start = session.times.copy()
        self._end = self._start.copy()
        self._fell = np.zeros(session.n, dtype=np.bool_)
        self._faults = [""] * session.n
        self._began = time.monotonic()
        self._planning = np.zeros(session.n)
        self._begun = False
        self._active = np.zeros(session.n, dtype=np.bool_)

    def goes_on(self) -> bool:
        """Judge steps that are over, and decide what comes next; whether any robot is still in a step."""
        session, able = self.session, self.session.able
        over = session.steps.over
        if self._begun and not session.stop_requested and not (self._active & (over | ~able)).any():
            return bool(self._active.any())  # nothing has changed: most control steps
        for i, run in enumerate(self.runs):
            if run.over:
                continue
            if self._active[i] and (over[i] or not able[i] or session.stop_requested):
                self._judge(i, run)
            while not run.over and not self._active[i]:
                self._go_on(i, run, able=bool(able[i]))
            if run.over:  # what becomes of the robot while others go on is not this instruction's
                self._end[i] = session.times[i]
                self._fell[i] = session.cast.witness.fell()[i]
                self._faults[i] = session.fault_of(i)
                if session.hooks.ended is not None:
                    session.hooks.ended(i)
        return bool(self._active.any())

    def outcomes(self) -> list[Outcome]:
        """How all went."""
        return [self._outcome(i, run, run.ending or Ending()) for i, run in enumerate(self.runs)]

    def _go_on(self, i: int, run: PlanRun, *, able: bool) -> None:
        session = self.session
        if session.stop_requested:
            run.give_up("stopped")
        elif not able:
            run.give_up("the robot fell" if session.cast.witness.fell()[i] else "the guard stopped the robot")
        if run.over:
            return
        step = self._next(i, run)
        if step is None:
            return
        if session.stop_requested:
            run.give_up("stopped")
            return
        try:
            self._begin(i, step)
        except PlanError as error:
            self._cannot_begin(run, step, error)

    def _cannot_begin(self, run: PlanRun, step: Step, error: PlanError) -> None:
        """What a step that cannot be begun from here is: one that failed, after which something else is decided."""
        run.record(step, success=False, reason=f"it cannot be begun: {error}")

    def _next(self, i: int, run: PlanRun) -> Step | None:
        """What the planner wants robot `i` to do now; None where that ends its plan."""
        session, hooks = self.session, self.session.hooks
        before = time.monotonic()
        decision = session.decide(run, i)
        self._planning[i] += time.monotonic() - before
        step = run.take(decision)
        session.last = run.decisions[-1]
        if hooks.decided is not None:
            hooks.decided(i, session.last, float(session.times[i] - self._start[i]))
        return step

    def _begin(self, i: int, step: Step) -> None:
        session = self.session
        if not self._begun and session.hooks.begun is not None:
            session.hooks.begun()
        self._begun = True
        session.cast.witness.begin(i, step)
        session.guarded.guard.hand_over(np.array([i]))
        session.steps.begin(i, step)
        self._active[i] = True

    def _judge(self, i: int, run: PlanRun) -> None:
        session = self.session
        step = session.steps.steps[i]
        assert step is not None and step.behaviour not in ENDS  # it was begun
        if not session.steps.over[i]:
            session.steps.interrupt(i)
        self._active[i] = False
        found, seconds = session.cast.witness.verdict(i), round(float(session.steps.seconds[i]), 2)
        run.record(step, success=found.success, reason=found.reason, seconds=seconds)
        if session.hooks.judged is not None:
            session.hooks.judged(i, run.entries()[-1])

    def _outcome(self, i: int, run: PlanRun, ending: Ending) -> Outcome:
        return Outcome(
            instruction=run.instruction,
            planner=self.decider,
            success=ending.success and not self._fell[i] and not self._faults[i],
            refused=ending.refused,
            reason=ending.reason,
            choices=ending.question.choices,
            answers=ending.question.answers,
            steps=run.entries(),
            falls=int(self._fell[i]),
            fault=self._faults[i],
            seconds=float(self._end[i] - self._start[i]),
            wall_seconds=time.monotonic() - self._began,
            planning_seconds=float(self._planning[i]),
            decisions=run.decisions,
        )


class _Following(_Playing):
    """N plans that were decided beforehand, on their way."""

    def __init__(self, session: Session, plans: Sequence[GivenRun]) -> None:
        super().__init__(session, plans)
        self._plans = plans
        self.decider = "given"
        now = session.situation(0)
        for step in {step for plan in plans for step in plan.steps}:
            objection(step, now, session.rules.plan)  # what means nothing is refused before anything moves

    def _next(self, i: int, run: PlanRun) -> Step | None:
        del run
        return self._plans[i].next(self.session.situation(i))

    def _cannot_begin(self, run: PlanRun, step: Step, error: PlanError) -> None:
        run.give_up(f"{step.text!r} cannot be begun: {error}")
