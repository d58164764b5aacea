"""The skill server: the trained policies as actions, at the control rate, under the guard.

A lifecycle node. Configured, it has its bundles; active, it answers every measurement with joint targets.
Everything runs in one thread, one control step after the other: nothing has to be locked, and a goal's
cancellation takes effect with the next step.
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.task import Future
from skillblend_msgs.action import ExecuteSkill
from skillblend_msgs.msg import GuardState
from skillblend_msgs.srv import GetAffordances, ListSkills
from std_msgs.msg import String

import robots
from sim import scenes
from skillblend.errors import SkillblendError
from skillblend.loading import load_skillset
from skillblend.prospects import load_affordances
from skillblend.safety import Mode
from skillblend.shipped import MODELS
from skillblend_ros import conversions, nodes, scheduling, topics
from skillblend_ros.approval import NO_CONTRACT, check_approval, policy_contract
from skillblend_ros.listening import ThingListener
from skillblend_ros.mapping import MapPerception
from skillblend_ros.pilot import Activity, Pilot, Request
from skillblend_ros.timing import TimeLog

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
FEEDBACK_EVERY = 5
"""Control steps between two feedback messages."""
AFFORDANCES_PER_STEP = 2
"""Critics evaluated after a control step, so that a question never delays the next one."""
LATE = 1.5
"""A control step counts as late after this many periods."""


class SkillServer(LifecycleNode):
    """Policies behind an action."""

    def __init__(self) -> None:
        """Declare what there is; nothing is loaded.

        Raises:
            InputError: A parameter is not allowed.
        """
        super().__init__("skill_server")
        values = nodes.declare(self, "skill_server")
        self.robot, self.scene = robots.load(values["robot"]), scenes.load(values["scene"])
        self._models = Path(values["models"] or MODELS)
        self._priority = nodes.take_priority(values["realtime_priority"])
        self._time_now = nodes.Clock(values["speed"])
        self._times = TimeLog(values["times"], 3)
        self.pilot: Pilot | None = None
        self._skills: Any = None
        self._affordances: Any = None
        self.active = False
        self._guard = GuardState()
        self._contract = ""
        self._imu: Any = None
        self._joints: Any = None
        self._waiting: list[tuple[Activity, Any, Future]] = []
        self._asked: deque[tuple[list[str], list[float], Future]] = deque()
        self._steps = self._late = 0
        self._longest = self._last = 0.0
        self.perception = MapPerception(self.robot, self.scene)
        self._listener = ThingListener(self, self.perception.things, self._time_now)
        self._connect()

    def close(self) -> None:
        """Write out the times."""
        self._times.close()

    def _connect(self) -> None:
        self._targets = self.create_lifecycle_publisher(
            nodes.message_type(topics.TARGETS.kind), topics.TARGETS.name, nodes.qos("command")
        )
        self._rejected = nodes.publish(self, topics.REJECTIONS)
        nodes.listen(self, topics.GUARD_STATE, self._on_guard)
        nodes.listen(self, topics.CONTRACT, self._on_contract)
        nodes.listen(self, topics.POSE, self._on_pose)
        nodes.listen(self, topics.THINGS, self._listener.hear)
        nodes.listen(self, topics.IMU, self._on_imu)
        nodes.listen(self, topics.JOINT_STATES, self._on_joints)
        nodes.listen(self, topics.CMD_VEL, self._on_command)
        self.create_service(ListSkills, topics.LIST_SKILLS, self._list)
        # A group of its own: an answer that is not ready yet must hold up nothing else.
        self.create_service(
            GetAffordances, topics.GET_AFFORDANCES, self._answer_affordances, callback_group=ReentrantCallbackGroup()
        )
        self._server = ActionServer(
            self, ExecuteSkill, topics.EXECUTE_SKILL, self._execute, goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
        )  # fmt: skip
        nodes.diagnose(self, self._health)

    # --- life cycle ---

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the bundles."""
        del state
        try:
            self._skills = load_skillset(self.robot, self._models)
            self._affordances = load_affordances(self._models, self.robot.name)
        except SkillblendError as error:
            self.get_logger().error(f"not configured: {error}")
            return FAILURE
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to speak, if the machine approves of these policies."""
        try:
            if not self._contract:
                raise SkillblendError(f"{NO_CONTRACT}; start the guard, then activate again")
            skills = {name: self._skills.skill(name) for name in self._skills.names}
            check_approval(self._contract, {name: policy_contract(skill) for name, skill in skills.items()})
        except SkillblendError as error:
            self.get_logger().error(f"not activated: {error}")
            self._rejected.publish(String(data=f"not activated: {error}"))
            return FAILURE
        self.active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent; the guard brings the robot to a safe mode."""
        self._end_all("the skill server was deactivated")
        self.active = False
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the bundles."""
        del state
        self.pilot = self._skills = self._affordances = None
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End."""
        del state
        self._end_all("the skill server ends")
        self.active = False
        return SUCCESS

    # --- messages ---

    @property
    def _mode(self) -> Mode:
        return Mode(self._guard.mode)

    def _on_guard(self, message: GuardState) -> None:
        self._guard = message

    def _on_contract(self, message: Any) -> None:
        self._contract = message.data

    def _on_pose(self, message: Any) -> None:
        self.perception.locate(*conversions.pose_of(message), self._time_now())

    def _on_command(self, message: Any) -> None:
        if self.pilot is not None:
            self.pilot.steer(conversions.command_of(message))

    def _on_imu(self, message: Any) -> None:
        self._imu = message
        self._step()

    def _on_joints(self, message: Any) -> None:
        self._joints = message
        self._step()

    def _step(self) -> None:
        """One control step, once both halves of a measurement are there."""
        joints, inertial = self._joints, self._imu
        if not self.active or joints is None or inertial is None or joints.header.stamp != inertial.header.stamp:
            return
        self._joints = self._imu = None
        began = time.monotonic()
        obs, now = conversions.observation(joints, inertial, self.robot), self._time_now()
        if self.pilot is None:
            self.pilot = Pilot(self._skills, self.perception, self._affordances, obs)
            scheduling.settle_memory()
        self.pilot.command_timeout = self.get_parameter("command_timeout").value
        self.pilot.pose_timeout = self.get_parameter("pose_timeout").value
        self.pilot.things_timeout = self.get_parameter("things_timeout").value
        targets = self.pilot.tick(obs, self._mode, now)
        self._targets.publish(conversions.targets_message(targets, self.robot, joints.header.stamp))
        published = time.monotonic()
        self._time_step(now)
        self._report()
        self._consider()
        self._times.note(began, published, time.monotonic())

    def _time_step(self, now: float) -> None:
        gap = now - self._last if self._last else 0.0
        self._last = now
        self._steps += 1
        self._late += gap > LATE * self.robot.control_dt
        self._longest = max(self._longest, gap)

    # --- goals ---

    def _on_goal(self, goal: ExecuteSkill.Goal) -> GoalResponse:
        why = self._objection(goal)
        if not why:
            return GoalResponse.ACCEPT
        self.get_logger().warning(f"rejected: {why}")
        self._rejected.publish(String(data=f"{goal.skill}: {why}"))
        return GoalResponse.REJECT

    def _objection(self, goal: ExecuteSkill.Goal) -> str:
        if not self.active or self.pilot is None:
            return "the skill server is not active, or has no measurement yet"
        try:
            self.pilot.check(_request(goal), self._mode)
        except SkillblendError as error:
            return str(error)
        return ""

    def _on_cancel(self, handle: Any) -> CancelResponse:
        """The goal stops driving at once; the robot comes to rest under the walking policy."""
        for activity, other, _ in self._waiting:
            if other.goal_id == handle.goal_id and self.pilot is not None and self.pilot.active is activity:
                self.pilot.end("cancelled")
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> ExecuteSkill.Result:
        try:
            if self.pilot is None:
                raise SkillblendError("the skill server is not active")
            activity = self.pilot.begin(_request(handle.request), self._mode)
        except SkillblendError as error:
            handle.abort()
            return ExecuteSkill.Result(reason=str(error), at_rest=True)
        over = Future()
        self._waiting.append((activity, handle, over))
        await over
        if handle.is_cancel_requested:
            handle.canceled()
        elif activity.success:
            handle.succeed()
        else:
            handle.abort()
        return ExecuteSkill.Result(
            success=activity.success, reason=activity.reason, seconds=activity.seconds, at_rest=activity.at_rest
        )

    def _report(self) -> None:
        """Feedback of what goes on, the end of what is over."""
        for entry in list(self._waiting):
            activity, handle, over = entry
            if activity.over:
                self._waiting.remove(entry)
                over.set_result(None)
            elif self._steps % FEEDBACK_EVERY == 0:
                pose = self.perception.poses()[0]
                handle.publish_feedback(
                    ExecuteSkill.Feedback(phase=activity.phase, seconds=activity.seconds, pose=pose)
                )

    def _end_all(self, reason: str) -> None:
        if self.pilot is not None:
            self.pilot.end(reason)
        self._report()

    # --- questions ---

    def _list(self, request: Any, answer: Any) -> Any:
        del request
        if self.pilot is not None:
            answer.skills = [conversions.skill_info(ability) for ability in self.pilot.abilities()]
        return answer

    async def _answer_affordances(self, request: Any, answer: Any) -> Any:
        if not self.active or self.pilot is None:
            answer.reason = "the skill server is not active, or has no measurement yet"
            return answer
        if self._mode != Mode.RUNNING:
            answer.reason = f"the robot is in {self._mode.name.lower()}: no policy drives"
            return answer
        found: list[tuple[float, str]] = []
        done = Future()
        self._asked.append((list(request.steps), found, done))
        trouble = await done
        answer.ok, answer.affordances = not trouble, [value for value, _ in found]
        answer.reason = trouble or "\n".join(
            f"{text}: {why}" for text, (_, why) in zip(request.steps, found, strict=True) if why
        )
        return answer

    def _consider(self) -> None:
        """Answer a little of the oldest question."""
        if not self._asked or self.pilot is None:
            return
        steps, found, done = self._asked[0]
        try:
            for text in steps[len(found) : len(found) + AFFORDANCES_PER_STEP]:
                found.append(self.pilot.affordance(text))
        except SkillblendError as error:
            self._asked.popleft()
            done.set_result(str(error))
            return
        if len(found) == len(steps):
            self._asked.popleft()
            done.set_result("")

    def _health(self) -> tuple[int, str, dict[str, object]]:
        active = self.pilot.active if self.pilot is not None else None
        values = {
            "active": self.active, "goal": active.request.skill if active else "", "steps": self._steps,
            "late_steps": self._late, "sightings": self._listener.heard, "sightings_refused": self._listener.refused,
            "longest_period": f"{self._longest:.4f}", "scheduling": self._priority,
        }  # fmt: skip
        self._longest = 0.0
        return 0, "active" if self.active else "inactive", values


def _request(goal: ExecuteSkill.Goal) -> Request:
    return Request(
        skill=goal.skill, arguments=tuple(goal.arguments), goal=tuple(goal.goal), max_seconds=float(goal.max_seconds)
    )


def main() -> int:
    """Run the node."""
    return nodes.run_node(SkillServer)
