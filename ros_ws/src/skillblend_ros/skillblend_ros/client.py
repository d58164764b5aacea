"""An operator's side of the nodes: services and actions as plain calls, for console, demo and tests.

A node of its own with a thread that spins it; calls wait in the caller's thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from skillblend_msgs.action import ExecuteInstruction, ExecuteSkill
from skillblend_msgs.msg import GuardState
from skillblend_msgs.srv import GetAffordances
from std_srvs.srv import Trigger

from skillblend.errors import InputError, PlanError, SafetyError, SkillblendError
from skillblend_ros import nodes, topics
from skillblend_ros.approval import NO_CONTRACT

SUCCEEDED, CANCELED, ABORTED = GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_CANCELED, GoalStatus.STATUS_ABORTED
CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
PATIENCE = 60.0
"""How long an answer may take, s of wall time."""


class NoAnswerError(SkillblendError):
    """A node does not answer."""


class Goal:
    """A goal on its way.

    Attributes:
        accepted: Whether it was.
        feedback: What came so far.
        ended: When its result arrived, `time.monotonic`; None before.
    """

    def __init__(self, client: Client, handle: Any, feedback: list[Any], why: str) -> None:
        """Follow an accepted goal, or keep the reason `why` it was rejected."""
        self._client, self._handle = client, handle
        self.accepted, self.reason, self.feedback = bool(handle.accepted), why, feedback
        self.ended: float | None = None
        self._result: Future | None = None
        if self.accepted:
            self._result = client.spun(handle.get_result_async)
            self._result.add_done_callback(self._note)

    def _note(self, future: Future) -> None:
        del future
        self.ended = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the result has come."""
        return self._result is None or self._result.done()

    def cancel(self) -> bool:
        """Ask for its end; whether that was accepted."""
        answer = self._client.wait(self._client.spun(self._handle.cancel_goal_async), "an answer to cancel")
        return len(answer.goals_canceling) > 0

    def result(self, seconds: float = 300.0) -> tuple[int, Any]:
        """Terminal status and result.

        Raises:
            SafetyError: It was rejected.
            NoAnswerError: Not in time.
        """
        if self._result is None:
            raise SafetyError(f"the goal was rejected: {self.reason or 'no reason was given'}")
        answer = self._client.wait(self._result, "the result", seconds)
        self._client.until("its end", lambda: self.ended is not None)
        return answer.status, answer.result


class Client:
    """What an operator can do.

    Attributes:
        node: For whatever else is wanted.
        guard: The latest state of the guard; None before the first.
    """

    def __init__(self, name: str = "operator") -> None:
        """Join the ROS domain of the environment."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self.node = Node(name, context=self._context)
        self.guard: GuardState | None = None
        self.rejections: list[str] = []
        nodes.listen(self.node, topics.GUARD_STATE, self._on_guard)
        nodes.listen(self.node, topics.REJECTIONS, lambda m: self.rejections.append(m.data))
        self._skill = ActionClient(self.node, ExecuteSkill, topics.EXECUTE_SKILL)
        self._instruction = ActionClient(self.node, ExecuteInstruction, topics.EXECUTE_INSTRUCTION)
        self._clients: dict[str, Any] = {}
        self._stops = [
            self.node.create_client(CancelGoal, f"{name}/_action/cancel_goal")
            for name in (topics.EXECUTE_SKILL, topics.EXECUTE_INSTRUCTION)
        ]
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._open = True
        self._trouble: Exception | None = None
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave: first whoever spins, then what it waits for; an executor that is shut down under it is half gone."""
        self._executor.create_task(self._leave)
        self._thread.join(5.0)
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _leave(self) -> None:
        self._open = False

    def _spin(self) -> None:
        try:
            while self._open and self._context.ok():
                self._executor.spin_once()
        except ExternalShutdownException:
            return
        except Exception as error:  # of a listener of somebody's; whoever waits hears of it
            self._trouble = error
            raise

    def _on_guard(self, message: GuardState) -> None:
        self.guard = message

    def until(self, what: str, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until `holds`.

        Raises:
            NoAnswerError: It did not in `seconds`, or a listener of this node has failed.
        """
        end = time.monotonic() + seconds
        while not holds():
            if self._trouble is not None:
                raise NoAnswerError(f"{what} cannot come: this node hears nothing since {self._trouble!r}")
            if time.monotonic() > end:
                raise NoAnswerError(f"{what} did not come within {seconds:g} s; do all nodes run?")
            time.sleep(0.002)

    def wait(self, future: Future, what: str, seconds: float = PATIENCE) -> Any:
        """The result of `future`.

        Raises:
            NoAnswerError: Not in `seconds`.
        """
        self.until(what, future.done, seconds)
        return future.result()

    def spun(self, ask: Callable[[], Future]) -> Future:
        """What `ask` gives, asked in the thread that spins: an action's answer must not outrun its bookkeeping."""
        return self.wait(self._executor.create_task(ask), "the node")

    def call(self, kind: Any, name: str, request: Any = None, seconds: float = PATIENCE) -> Any:
        """Call a service.

        Raises:
            NoAnswerError: It does not answer.
        """
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        self.until(f"service {name}", client.service_is_ready, seconds)
        return self.wait(client.call_async(request or kind.Request()), f"an answer of {name}", seconds)

    def order(self, name: str) -> str:
        """Ask the guard for `name`, one of `topics.GUARD_SERVICES`; the mode it is in then.

        Raises:
            SafetyError: It refuses, with its reason.
        """
        answer = self.call(Trigger, f"guard/{name}")
        if not answer.success:
            raise SafetyError(answer.message)
        return answer.message

    def transition(self, number: int, node: str = "skill_server") -> bool:
        """Ask a lifecycle node for a transition; whether it made it."""
        request = ChangeState.Request()
        request.transition.id = number
        return self.call(ChangeState, f"{node}/change_state", request).success

    def lifecycle(self, node: str = "skill_server") -> str:
        """State of a lifecycle node."""
        return self.call(GetState, f"{node}/get_state").current_state.label

    def skill(
        self, skill: str, arguments: Sequence[str] = (), goal: tuple[float, ...] = (), seconds: float = 0.0
    ) -> Goal:
        """Send a goal to the skill server.

        Raises:
            InputError: `arguments` is one text, which would be taken apart into letters.
            NoAnswerError: It does not answer.
        """
        if isinstance(arguments, str):
            raise InputError(f"the arguments of {skill!r} are {arguments!r}; give a sequence, e.g. ({arguments!r},)")
        request = ExecuteSkill.Goal(skill=skill, arguments=list(arguments), goal=list(goal), max_seconds=seconds)
        return self._send(self._skill, request)

    def instruct(self, text: str, hear: Callable[[Any], None] | None = None) -> Goal:
        """Send an instruction to the planner; `hear` gets each feedback message."""
        return self._send(self._instruction, ExecuteInstruction.Goal(instruction=text), hear)

    def stop(self) -> None:
        """Cancel whatever is going on, instruction and skill, and hear that it is. Does not pass any planner."""
        for future in self.halt():
            self.wait(future, "an answer to stop")

    def halt(self) -> list[Future]:
        """The same without waiting for anything: the orders are on their way; their answers."""
        return [client.call_async(CancelGoal.Request()) for client in self._stops if client.service_is_ready()]

    def bring_up(self) -> None:
        """From everything off to a policy that drives the robot: load, arm, stand, run.

        Raises:
            PlanError: The skill server refuses, with its reason.
            SafetyError: The guard refuses, with its reason.
        """
        if self.lifecycle() == "unconfigured" and not self.transition(CONFIGURE):
            raise PlanError("the skill server cannot be configured; its log says why")
        self.until("a state message", lambda: self.guard is not None and 0.0 <= self.guard.state_age < 0.5)
        if self.lifecycle() == "inactive":
            self.activate()
        self.stand_up()

    def activate(self, seconds: float = PATIENCE) -> None:
        """Let the skill server speak; asked again while the guard's contract has not reached it.

        Raises:
            PlanError: It refuses, with its reason.
        """
        end = time.monotonic() + seconds
        while True:
            known = len(self.rejections)
            if self.transition(ACTIVATE):
                return
            self._await_reason(known)
            why = self.rejections[-1] if len(self.rejections) > known else "see its log"
            if NO_CONTRACT not in why or time.monotonic() > end:
                raise PlanError(f"the skill server refuses: {why}")
            time.sleep(0.2)

    def stand_up(self) -> None:
        """From damping, passive or a fault to a policy that drives the robot.

        Raises:
            SafetyError: The guard refuses, or lets go again before the policy drives, with its reason.
        """
        mode = self.guard.mode if self.guard is not None else GuardState.PASSIVE
        if mode == GuardState.FAULT:
            self.order("rearm")
        elif mode == GuardState.PASSIVE:
            self.order("arm")
        self._stand_when_still()
        time.sleep(1.0)
        self.order("run")
        self.until("a policy that drives", self._driving)
        if self._let_go():
            assert self.guard is not None
            raise SafetyError(f"the guard let go again: {self.guard.detail or 'no reason was given'}")

    def _stand_when_still(self, seconds: float = 3.0) -> None:
        """Order `stand`, again for a while where the robot still swings.

        Raises:
            SafetyError: The guard refuses to the end, with its reason.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                self.order("stand")
            except SafetyError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
                continue
            return

    def _driving(self) -> bool:
        """Whether the skill server knows that it drives, or the guard has let go again."""
        return self._let_go() or self.call(GetAffordances, topics.GET_AFFORDANCES).ok

    def _let_go(self) -> bool:
        return self.guard is not None and self.guard.mode == GuardState.FAULT

    def _await_reason(self, known: int) -> None:
        """Until more than `known` rejections have come, or none will."""
        end = time.monotonic() + 1.0
        while len(self.rejections) <= known and time.monotonic() < end:
            time.sleep(0.01)

    def _send(self, client: ActionClient, request: Any, hear: Callable[[Any], None] | None = None) -> Goal:
        self.until("the action server", client.server_is_ready)
        feedback: list[Any] = []

        def on_feedback(message: Any) -> None:
            feedback.append(message.feedback)
            if hear is None:
                return
            try:
                hear(message.feedback)
            except SkillblendError as error:  # the thread that spins goes on: the result must still come
                self.node.get_logger().error(str(error))

        known = len(self.rejections)
        sent = self.spun(lambda: client.send_goal_async(request, feedback_callback=on_feedback))
        handle = self.wait(sent, "an answer to the goal")
        if not handle.accepted:
            self._await_reason(known)
        why = self.rejections[-1] if len(self.rejections) > known else ""
        return Goal(self, handle, feedback, why)
