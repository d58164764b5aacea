"""The robot for other tools of ROS: frames on `/tf`, and its description as URDF.

`base_link` in `map` is what localisation says, and is not published while that is silent; the soles in `base_link`
are kinematics of the measured joints.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

import robots
from skillblend.errors import InputError
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.description import Soles, urdf


class Frames(Node):
    """Hears a pose or joints, and publishes the frames that follow."""

    def __init__(self) -> None:
        """Publish the description; frames follow what is heard.

        Raises:
            InputError: A parameter is not allowed.
        """
        super().__init__("frames")
        values = nodes.declare(self, "frames")
        self.robot = robots.load(values["robot"])
        self._soles = Soles(self.robot)
        self.sent = self.refused = 0
        self._frames = nodes.publish(self, topics.TF)
        self._description = nodes.publish(self, topics.DESCRIPTION)
        self._description.publish(String(data=urdf(self.robot)))
        nodes.listen(self, topics.POSE, self._on_pose)
        nodes.listen(self, topics.JOINT_STATES, self._on_joints)
        nodes.diagnose(self, self._health)

    def _on_pose(self, message: Any) -> None:
        if not conversions.usable_pose(message):
            self.refused += 1
            return
        pose = conversions.pose_of(message)
        self._send([conversions.transform(*pose, topics.MAP, topics.BASE, message.header.stamp)])

    def _on_joints(self, message: Any) -> None:
        try:
            joints = conversions.reorder(message.name, message.position, self.robot)[0]
        except InputError:
            self.refused += 1
            return
        stamp = message.header.stamp
        soles = zip(self._soles(joints), topics.SOLES, strict=True)
        self._send([conversions.transform(*pose, topics.BASE, name, stamp) for pose, name in soles])

    def _send(self, transforms: list[Any]) -> None:
        self._frames.publish(TFMessage(transforms=transforms))
        self.sent += 1

    def _health(self) -> tuple[int, str, dict[str, object]]:
        values = {"sent": self.sent, "refused": self.refused}
        return (1 if self.refused else 0), f"{self.sent} messages", values


def main() -> int:
    """Run the node."""
    return nodes.run_node(Frames)
