"""The planner's process: an instruction becomes goals for the skill server, re-decided after each of them.

The language model runs in a thread of its own, so that a cancellation or a question is answered while it
thinks. The rules for instructions and plans are asked before anything moves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient, ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from rclpy.task import Future
from skillblend_msgs.action import ExecuteInstruction, ExecuteSkill
from skillblend_msgs.msg import GuardState
from skillblend_msgs.srv import ExplainLast, GetAffordances
from std_msgs.msg import String

import robots
from planners.remembering import RememberingPlanner
from planners.variants import planner_called
from sim import scenes
from sim.publish import commit
from skillblend.contracts import Decision, Planner, SceneState, Step
from skillblend.episodes import FILE, EpisodeStore
from skillblend.errors import InputError, PlanError, SkillblendError
from skillblend.options import ENDS, ground_options
from skillblend.plan_run import PlanRun
from skillblend.remembered import Remembers
from skillblend.safety.heeding import heed
from skillblend.safety.instruction import check_instruction
from skillblend.safety.stop_words import is_stop
from skillblend.terminal import state_folder
from skillblend_ros import conversions, nodes, scheduling, topics
from skillblend_ros.listening import ThingListener
from skillblend_ros.mapping import MapPerception

Feedback = ExecuteInstruction.Feedback
JUDGED = "each step judged by the skill server"
"""What verifies an instruction that is kept."""


class PlannerNode(Node):
    """An instruction at a time."""

    def __init__(self) -> None:
        """Load the language model.

        Raises:
            InputError: A parameter is not allowed.
            BundleError: The language model or its adapter is missing or damaged.
        """
        super().__init__("planner")
        values = nodes.declare(self, "planner")
        torch.set_num_threads(values["threads"])
        self._priority = scheduling.give_way(values["nice"])
        self._time_now = nodes.Clock()
        self._perception = MapPerception(robots.load(values["robot"]), scenes.load(values["scene"]))
        self._listener = ThingListener(self, self._perception.things, self._time_now)
        self._planner: Planner = heed(planner_called(values["planner"]).load({}))
        self._memory: Remembers | None = None
        if values["memory"]:
            self._remember(values["memory"], values["robot"])
        self._busy, self._halted = False, False
        self._goal: Any = None
        self._last: Any = None
        self._guard, self._heard = GuardState(), False
        self._decisions, self._thinking = 0, 0.0
        self._rejected = nodes.publish(self, topics.REJECTIONS)
        nodes.listen(self, topics.GUARD_STATE, self._on_guard)
        nodes.listen(self, topics.THINGS, self._listener.hear)
        nodes.listen(self, topics.POSE, self._on_pose)
        self._skill = ActionClient(self, ExecuteSkill, topics.EXECUTE_SKILL)
        self._affordances = self.create_client(GetAffordances, topics.GET_AFFORDANCES)
        self.create_service(ExplainLast, topics.EXPLAIN_LAST, self._explain)
        self._server: ActionServer | None = None
        self._waiting = self.create_timer(0.2, self._offer)
        nodes.diagnose(self, self._health)

    def _remember(self, named: str, robot: str) -> None:
        """Keep what is carried out in the file that is named; work without where that cannot be."""
        try:
            store = EpisodeStore(state_folder() / FILE if named == "user" else Path(named))
        except InputError as error:
            self.get_logger().warning(f"without memory: {error}")
            return
        planner = RememberingPlanner(self._planner, store, robot=robot, judge=JUDGED, code=commit())
        self._planner = self._memory = planner

    def _offer(self) -> None:
        """Take instructions once the guard and the skill server have been heard of."""
        if self._heard and self._skill.server_is_ready() and self._affordances.service_is_ready():
            self.destroy_timer(self._waiting)
            self._server = ActionServer(
                self, ExecuteInstruction, topics.EXECUTE_INSTRUCTION, self._execute,
                goal_callback=self._on_goal, cancel_callback=self._on_cancel,
            )  # fmt: skip

    def _on_guard(self, message: GuardState) -> None:
        self._guard, self._heard = message, True

    def _on_pose(self, message: Any) -> None:
        self._perception.locate(*conversions.pose_of(message), self._time_now())

    def _on_goal(self, goal: ExecuteInstruction.Goal) -> GoalResponse:
        if self._busy and is_stop(goal.instruction, moving=True):
            self._halt()
            why = "it is no instruction but stops the robot: what was going on is cancelled"
        else:
            why = self._objection(goal.instruction)
        if not why:
            self._busy, self._halted = True, False
            return GoalResponse.ACCEPT
        self.get_logger().warning(f"rejected: {why}")
        self._rejected.publish(String(data=why))
        return GoalResponse.REJECT

    def _objection(self, instruction: str) -> str:
        try:
            check_instruction(instruction)
        except SkillblendError as error:
            return str(error)
        if self._busy:
            return "another instruction is being carried out; cancel it first"
        if not self._skill.server_is_ready() or not self._affordances.service_is_ready():
            return "the skill server does not answer; start and activate it"
        if self._guard.mode != GuardState.RUNNING:
            return f"the guard lets no policy drive (mode {self._guard.mode}); arm, stand and run it first"
        return ""

    def _on_cancel(self, handle: Any) -> CancelResponse:
        """The step that is going on is cancelled at once; nothing is asked of the language model."""
        del handle
        self._halt()
        return CancelResponse.ACCEPT

    def _halt(self) -> None:
        """End the step that is going on, and what was to follow it."""
        self._halted = True
        if self._goal is not None:
            self._goal.cancel_goal_async()

    async def _execute(self, handle: Any) -> ExecuteInstruction.Result:
        result = ExecuteInstruction.Result()
        began = time.monotonic()
        try:
            await self._follow(handle, result)
        except SkillblendError as error:
            result.reason = str(error)
        finally:
            self._busy, self._goal = False, None
        result.seconds = time.monotonic() - began
        if handle.is_cancel_requested:
            result.success, result.reason = False, "cancelled"
            handle.canceled()
        elif self._halted:
            result.success, result.reason = False, "stopped by a word that was sent as an instruction"
            handle.abort()
        elif result.success:
            handle.succeed()
        else:
            handle.abort()
        return result

    async def _follow(self, handle: Any, result: ExecuteInstruction.Result) -> None:
        """Decide and act until the plan ends."""
        run = PlanRun(handle.request.instruction, max_steps=self.get_parameter("max_steps").value)
        began = self._perception.scene_state()
        while not run.over:
            decision = await self._decide(run)
            if self._halted or handle.is_cancel_requested:
                return
            step = run.take(decision)
            self._publish(run.decisions[-1], handle)
            if step is None:
                break
            outcome = await self._act(step, handle)
            result.steps = [*result.steps, outcome]
            handle.publish_feedback(Feedback(kind=Feedback.EXECUTED, step=outcome))
            if self._halted or handle.is_cancel_requested:
                return
            if self._guard.mode != GuardState.RUNNING:
                raise PlanError(f"the guard lets no policy drive any more: {self._guard.detail or 'see guard_state'}")
            run.record(step, success=outcome.success, reason=outcome.reason, seconds=outcome.seconds)
        if run.ending is not None:
            await self._keep(run, began)
            result.success, result.refused, result.reason = run.ending.success, run.ending.refused, run.ending.reason

    async def _keep(self, run: PlanRun, scene: SceneState) -> None:
        """Remember how an instruction went that began in `scene`."""
        memory, ending = self._memory, run.ending
        if memory is None or ending is None or ending.refused:
            return
        told = await self._beside(
            lambda: memory.learn(run.instruction, scene, run.entries(), run.decisions, success=ending.success)
        )
        if told:
            self.get_logger().warning(told)

    async def _decide(self, run: PlanRun) -> Decision:
        """The next decision, made beside everything else."""
        scene = self._perception.scene_state()
        texts = [step.text for step in ground_options(scene) if step.behaviour not in ENDS]
        answer = await self._affordances.call_async(GetAffordances.Request(steps=texts))
        if not answer.ok:
            raise PlanError(f"the skill server gives no affordances: {answer.reason}")
        known = dict(zip(texts, answer.affordances, strict=True))
        run.objections = dict(line.split(": ", 1) for line in answer.reason.splitlines())
        began = time.monotonic()
        decision: Decision = await self._beside(
            lambda: self._planner.decide(run.instruction, scene, tuple(run.history), known)
        )
        self._decisions, self._thinking = self._decisions + 1, time.monotonic() - began
        return decision

    def _publish(self, decision: Decision, handle: Any) -> None:
        """Tell of a decision, as the record holds it."""
        stamp = self.get_clock().now().to_msg()
        self._last = conversions.decision_message(decision, self._guard, stamp, self._thinking)
        handle.publish_feedback(Feedback(kind=Feedback.DECIDED, decision=self._last))

    async def _act(self, step: Step, handle: Any) -> Any:
        """Send one goal and follow it to its end."""

        def pass_on(message: Any) -> None:
            seen = message.feedback
            if handle.is_active:
                handle.publish_feedback(Feedback(kind=Feedback.EXECUTING, phase=seen.phase, seconds=seen.seconds))

        goal = ExecuteSkill.Goal(skill=step.behaviour, arguments=list(step.arguments))
        self._goal = await self._skill.send_goal_async(goal, feedback_callback=pass_on)
        if not self._goal.accepted:
            return conversions.step_result(step, success=False, reason="the skill server rejected the goal")
        if self._halted or handle.is_cancel_requested:
            await self._goal.cancel_goal_async()
        answer = await self._goal.get_result_async()
        done = answer.result
        success = answer.status == GoalStatus.STATUS_SUCCEEDED and done.success
        return conversions.step_result(step, success=success, reason=done.reason, seconds=done.seconds)

    async def _beside(self, work: Callable[[], Any]) -> Any:
        """The result of `work`, done in a thread."""
        future = Future()
        executor = self.executor

        def run() -> None:
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)
            if executor is not None:
                executor.wake()

        threading.Thread(target=run, daemon=True).start()
        return await future

    def _explain(self, request: Any, answer: Any) -> Any:
        del request
        answer.decided = self._last is not None
        if answer.decided:
            answer.decision = self._last
        return answer

    def _health(self) -> tuple[int, str, dict[str, object]]:
        values = {
            "planner": self._planner.name,
            "busy": self._busy, "decisions": self._decisions, "decision_seconds": f"{self._thinking:.2f}",
            "sightings": self._listener.heard, "sightings_refused": self._listener.refused,
            "scheduling": self._priority,
        }  # fmt: skip
        return 0, "busy" if self._busy else "idle", values


def main() -> int:
    """Run the node."""
    return nodes.run_node(PlannerNode)
