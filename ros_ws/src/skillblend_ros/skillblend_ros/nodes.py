"""What all nodes share: parameters with ranges, QoS, diagnostics at 1 Hz, and a clean end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from skillblend.errors import InputError, SkillblendError
from skillblend_ros import scheduling
from skillblend_ros.parameters import NODES, Parameter, refusal
from skillblend_ros.programs import leaving_at_once
from skillblend_ros.topics import DIAGNOSTICS, Delivery, Topic

SHORTEST = 1e-4
"""No shorter wait between two calls of `wake`, s: what comes in has its turn in any case."""
Report = Callable[[], tuple[int, str, Mapping[str, object]]]
"""Level (0 ok, 1 warning, 2 error), one line, and values."""

_RELIABLE, _BEST = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT


def qos(delivery: Delivery) -> QoSProfile:
    """The profile of a `Delivery`."""
    if delivery == "sensor":
        return QoSProfile(depth=5, reliability=_BEST)
    if delivery == "command":
        return QoSProfile(depth=1, reliability=_RELIABLE)
    if delivery == "kept":
        return QoSProfile(depth=1, reliability=_RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    return QoSProfile(depth=10, reliability=_RELIABLE)


def message_type(kind: str) -> Any:
    """The class of a message type such as ``std_msgs/msg/String``."""
    package, _, name = kind.split("/")
    return getattr(import_module(f"{package}.msg"), name)


def publish(node: Node, topic: Topic) -> Any:
    """A publisher of `topic`. Both sides take their QoS from one table: nothing waits for complaints about it."""
    silent = PublisherEventCallbacks(use_default_callbacks=False)
    return node.create_publisher(message_type(topic.kind), topic.name, qos(topic.delivery), event_callbacks=silent)


def listen(node: Node, topic: Topic, hear: Callable[[Any], None], *, raw: bool = False) -> Any:
    """A subscription to `topic`."""
    silent = SubscriptionEventCallbacks(use_default_callbacks=False)
    return node.create_subscription(
        message_type(topic.kind), topic.name, hear, qos(topic.delivery), raw=raw, event_callbacks=silent
    )


def declare(node: Node, kind: str) -> dict[str, Any]:
    """Declare the parameters of a node of this `kind`; their values at the start.

    Raises:
        InputError: A value given at the start is not allowed.
    """
    values: dict[str, Any] = {}
    for parameter in NODES[kind]:
        try:
            values[parameter.name] = node.declare_parameter(
                parameter.name, parameter.default, _descriptor(parameter)
            ).value
        except Exception as error:
            raise InputError(f"{kind}: {error}; {parameter.text}") from error
        why = refusal(parameter, values[parameter.name])
        if why:
            raise InputError(f"{kind}: {why}; {parameter.text}")
    table = {parameter.name: parameter for parameter in NODES[kind]}
    node.add_on_set_parameters_callback(lambda changes: _judge(table, changes))
    return values


def _judge(table: Mapping[str, Parameter], changes: list[RosParameter]) -> SetParametersResult:
    for change in changes:
        if change.name not in table:
            continue
        if table[change.name].fixed:
            return SetParametersResult(successful=False, reason=f"{change.name} is fixed while the node runs")
        why = refusal(table[change.name], change.value)
        if why:
            return SetParametersResult(successful=False, reason=why)
    return SetParametersResult(successful=True)


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    choices = f" One of {list(parameter.choices)}." if parameter.choices else ""
    out = ParameterDescriptor(description=parameter.text + choices, read_only=False)
    if parameter.lower is None or parameter.upper is None:
        return out
    if isinstance(parameter.default, float):
        out.floating_point_range = [FloatingPointRange(from_value=parameter.lower, to_value=parameter.upper)]
    else:
        out.integer_range = [IntegerRange(from_value=int(parameter.lower), to_value=int(parameter.upper), step=1)]
    return out


def diagnose(node: Node, report: Report) -> None:
    """Publish `report` at 1 Hz."""
    publisher = publish(node, DIAGNOSTICS)

    def send() -> None:
        level, line, values = report()
        status = DiagnosticStatus(level=bytes([level]), name=node.get_name(), message=line, hardware_id="")
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        message = DiagnosticArray(status=[status])
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    node.create_timer(1.0, send)


def take_priority(level: int) -> str:
    """Real time at `level`, as `scheduling.take_priority`; a refusal is logged."""
    found = scheduling.take_priority(level)
    if found.startswith("ordinary") and level:
        get_logger("scheduling").warning(f"{found}; deadlines depend on what else this machine does")
    return found


class Clock:
    """Monotonic time, slowed down by `speed` for simulations that cannot keep up."""

    def __init__(self, speed: float = 1.0) -> None:
        """Begin near zero."""
        self._speed, self._zero = speed, time.monotonic()

    def __call__(self) -> float:
        """Robot time, s."""
        return (time.monotonic() - self._zero) * self._speed


def run_node(make: Callable[[], Node]) -> int:
    """Spin the node that `make` gives until it is told to end; the process's exit code.

    Bad parameters and bundles end with one line; the node's `close`, where it has one, is always called.
    """
    node: Any = None
    try:
        with leaving_at_once(_interrupt):
            rclpy.init(signal_handler_options=rclpy.signals.SignalHandlerOptions.NO)
            executor = SingleThreadedExecutor()
            node = make()
        executor.add_node(node)
        _spin(executor, node)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        close = getattr(node, "close", None)
        if close is not None:
            close()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _spin(executor: SingleThreadedExecutor, node: Any) -> None:
    """Until the context ends. What a node does without being asked, `node.wake()`, happens when it is due.

    `wake` gives the time until it wants to be called again, s. It costs less than a timer: executors of rclpy
    gather everything that they wait for each time that anything happens.
    """
    wake: Callable[[], float] | None = getattr(node, "wake", None)
    if wake is None:
        executor.spin()
        return
    while executor.context.ok():
        executor.spin_once(timeout_sec=max(wake(), SHORTEST))


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    raise KeyboardInterrupt
