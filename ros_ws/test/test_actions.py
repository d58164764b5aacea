"""Goals through real processes: success, cancellation, preemption, rejection; walking commands; life cycle."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from action_msgs.msg import GoalStatus
from geometry_msgs.msg import Twist
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from rig import comes_to_rest, revive
from skillblend_msgs.msg import GuardState
from skillblend_msgs.srv import GetAffordances, InjectFault, ListSkills

from skillblend.contracts import Step
from skillblend.errors import InputError, SafetyError
from skillblend_ros import nodes, topics
from skillblend_ros.client import ACTIVATE, DEACTIVATE, Client
from skillblend_ros.truth import read_truth
from skillblend_ros.verdicts import fell, judge_step

Wait = Callable[[float], None]


def test_a_goal_succeeds_and_the_simulator_agrees(ready: Client, folder: Path, seconds: Wait) -> None:
    began = time.monotonic()
    goal = ready.skill("walk", ("forward", "0.5"))
    status, result = goal.result()
    ended = time.monotonic()
    assert (status, result.success, result.at_rest) == (GoalStatus.STATUS_SUCCEEDED, True, True), result.reason
    assert {f.phase for f in goal.feedback} == {"acting", "settling"}
    seconds(0.5)
    about, records = read_truth(folder / "truth.bin")
    part = records[(records["wall"] >= began) & (records["wall"] <= ended)]
    verdict = judge_step(about, part, Step(text="walk", behaviour="walk", arguments=("forward", "0.5")))
    assert verdict.success, verdict.reason
    assert not fell(about, part)


def test_a_touch_is_one_by_the_forces_in_the_log(ready: Client, folder: Path, seconds: Wait) -> None:
    for skill in ("walk_to", "touch"):
        began = time.monotonic()
        status, result = ready.skill(skill, ("metal table",)).result()
        ended = time.monotonic()
        assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True), (skill, result.reason)
    seconds(0.5)
    about, records = read_truth(folder / "truth.bin")
    part = records[(records["wall"] >= began) & (records["wall"] <= ended)]
    verdict = judge_step(about, part, Step(text="touch", behaviour="touch", arguments=("metal table",)))
    assert verdict.success, verdict.reason
    assert not fell(about, part)


def test_a_cancelled_goal_ends_and_the_robot_comes_to_rest(ready: Client, folder: Path, seconds: Wait) -> None:
    goal = ready.skill("walking", goal=(0.5, 0.0, 0.0), seconds=30.0)
    seconds(1.5)
    assert goal.cancel()
    status, result = goal.result()
    assert status == GoalStatus.STATUS_CANCELED
    assert (result.success, result.reason, result.at_rest) == (False, "cancelled", False)
    assert comes_to_rest(folder)
    assert ready.guard is not None
    assert ready.guard.mode == GuardState.RUNNING


def test_a_new_goal_preempts_without_a_trip(ready: Client, seconds: Wait) -> None:
    first = ready.skill("walking", goal=(0.4, 0.0, 0.0), seconds=30.0)
    seconds(1.0)
    second = ready.skill("turn", ("90",))
    status, result = first.result()
    assert (status, result.reason) == (GoalStatus.STATUS_ABORTED, "preempted by a new goal")
    status, result = second.result()
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True), result.reason
    assert ready.guard is not None
    assert ready.guard.mode == GuardState.RUNNING


@pytest.mark.parametrize(
    ("skill", "arguments", "goal", "seconds_", "why"),
    [
        ("fly", (), (), 0.0, "unknown skill 'fly'"),
        ("walk_to", ("moon",), (), 0.0, "unknown object 'moon'"),
        ("walk", ("forward", "50"), (), 0.0, "allowed are"),
        ("walk", ("forward", "-1"), (), 0.0, "positive distance"),
        ("walk", ("forward", "1"), (1.0,), 0.0, "no numbers"),
        ("walk", ("forward 1",), (), 0.0, "takes 2 argument"),
        ("walk", ("forward", "1", "fast"), (), 0.0, "takes 2 argument"),
        ("walk", (), (), 0.0, "takes 2 argument"),
        ("turn", ("9", "0"), (), 0.0, "takes 1 argument"),
        ("done", (), (), 0.0, "unknown skill 'done'"),
        ("press", ("button",), (), 0.0, "walk there first"),
        ("walking", (), (9.0, 0.0, 0.0), 2.0, "outside"),
        ("walking", (), (0.3, 0.0, float("nan")), 2.0, "outside"),
        ("walking", (), (0.3,), 2.0, "must be"),
        ("walking", (), (0.3, 0.0, 0.0), 0.0, "max_seconds"),
        ("walking", ("fast",), (0.3, 0.0, 0.0), 2.0, "no argument"),
        ("turn", ("90",), (), 1e9, "max_seconds"),
        ("stand", ("999",), (), 0.0, "standing takes"),
    ],
)
def test_what_cannot_be_done_is_rejected_with_the_reason(
    ready_once: Client, skill: str, arguments: tuple[str, ...], goal: tuple[float, ...], seconds_: float, why: str
) -> None:
    sent = ready_once.skill(skill, arguments, goal, seconds_)
    assert not sent.accepted
    assert why in sent.reason
    with pytest.raises(SafetyError, match="rejected"):
        sent.result()


def test_one_text_is_no_sequence_of_arguments(ready_once: Client) -> None:
    with pytest.raises(InputError, match="sequence"):
        ready_once.skill("turn", "90")


def test_a_walk_into_furniture_is_rejected_by_the_rules_name(ready: Client) -> None:
    sent = ready.skill("walk", ("forward", "3"))
    assert not sent.accepted
    assert "keep-out zone: it passes 0.00 m from the button" in sent.reason
    texts = ["walk forward one metre", "press the button"]
    answer = ready.call(GetAffordances, topics.GET_AFFORDANCES, GetAffordances.Request(steps=texts))
    assert answer.ok and answer.affordances[0] > 0.0 and answer.affordances[1] == 0.0
    assert answer.reason.startswith("press the button: reach: ")


@pytest.fixture
def ready_once(client: Client, stack: object) -> Client:
    """A robot under a policy, wherever it is: put back on its feet only where it has to be."""
    del stack
    if client.guard is None or client.guard.mode != GuardState.RUNNING:
        revive(client)
    return client


def test_walking_commands_drive_while_no_goal_is_active(ready: Client, folder: Path, seconds: Wait) -> None:
    publisher = nodes.publish(ready.node, topics.CMD_VEL)
    command = Twist()
    command.linear.x = 0.4
    ready.until("a listener", lambda: publisher.get_subscription_count() > 0)
    for _ in range(30):
        publisher.publish(command)
        seconds(0.1)
    _, records = read_truth(folder / "truth.bin")
    assert records["velocity"][-100:, 0].mean() > 0.2
    assert comes_to_rest(folder)  # nobody commands any more
    ready.node.destroy_publisher(publisher)


def test_skills_are_listed_with_their_limits(ready_once: Client) -> None:
    skills = {s.name: s for s in ready_once.call(ListSkills, topics.LIST_SKILLS).skills}
    assert set(skills) >= {"walk", "turn", "walk_to", "press", "touch", "raise_hands", "stand", "walking", "reaching"}
    assert "button" in skills["press"].arguments
    walking = skills["walking"]
    assert len(walking.goal_names) == len(walking.goal_units) == len(walking.goal_lower) == 3
    assert all(low < high for low, high in zip(walking.goal_lower, walking.goal_upper, strict=True))


def test_affordances_know_what_is_out_of_reach(ready: Client) -> None:
    steps = ["press the button", "walk forward one metre"]
    answer = ready.call(GetAffordances, topics.GET_AFFORDANCES, GetAffordances.Request(steps=steps))
    assert answer.ok
    assert answer.affordances[0] == 0.0 < answer.affordances[1] <= 1.0
    answer = ready.call(GetAffordances, topics.GET_AFFORDANCES, GetAffordances.Request(steps=["fly"]))
    assert not answer.ok
    assert "unknown option" in answer.reason


def test_an_inactive_server_says_nothing_and_takes_no_goal(ready: Client, seconds: Wait) -> None:
    heard: list[object] = []
    listener = nodes.listen(ready.node, topics.TARGETS, heard.append)
    ready.until("targets", lambda: len(heard) > 5)
    assert ready.transition(DEACTIVATE)
    seconds(0.3)
    count = len(heard)
    seconds(0.5)
    assert len(heard) == count
    assert ready.guard is not None
    assert ready.guard.mode == GuardState.FAULT
    assert ready.guard.faults & GuardState.SILENCE
    assert "not active" in ready.skill("turn", ("90",)).reason
    assert ready.transition(ACTIVATE)
    ready.node.destroy_subscription(listener)


@pytest.mark.parametrize(
    ("node", "name", "value", "why"),
    [
        ("skill_server", "command_timeout", 99.0, "range"),
        ("skill_server", "robot", "g1", "fixed"),
        ("guard", "speed", 0.5, "fixed"),
        ("sim_robot", "seed", 5, "fixed"),
    ],
)
def test_parameters_refuse_what_is_not_allowed(
    ready_once: Client, node: str, name: str, value: float | str, why: str
) -> None:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    answer = ready_once.call(SetParameters, f"{node}/set_parameters", request).results[0]
    assert not answer.successful
    assert why in answer.reason


def test_parameters_can_be_changed_inside_their_range(ready_once: Client) -> None:
    request = SetParameters.Request(parameters=[Parameter("command_timeout", value=0.6).to_parameter_msg()])
    assert ready_once.call(SetParameters, "skill_server/set_parameters", request).results[0].successful
    request = DescribeParameters.Request(names=["command_timeout"])
    found = ready_once.call(DescribeParameters, "skill_server/describe_parameters", request).descriptors[0]
    assert found.description
    assert found.floating_point_range[0].to_value == 5.0


def test_the_guard_refuses_what_its_table_refuses(ready: Client) -> None:
    with pytest.raises(SafetyError, match="refuses arm"):
        ready.order("arm")
    assert ready.order("estop") == "fault"
    with pytest.raises(SafetyError, match="refuses run"):
        ready.order("run")


def test_the_robot_has_no_fault_that_nobody_knows(ready_once: Client) -> None:
    answer = ready_once.call(InjectFault, "sim_robot/inject_fault", InjectFault.Request(fault="boredom"))
    assert not answer.accepted
    assert "unknown fault" in answer.reason
