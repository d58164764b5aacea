"""A node's ear for what a detector says of things: taken in, or refused with the reason in the log, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from skillblend.errors import InputError
from skillblend_ros import conversions
from skillblend_ros.sightings import ThingMap

MOST_REASONS = 100
"""A detector may be wrong in ever new ways: so many of them are told."""


class ThingListener:
    """Keeps a `ThingMap` up to date.

    Attributes:
        heard: Messages so far.
        refused: Of them, those that were not believed in all they said.
    """

    def __init__(self, node: Node, things: ThingMap, clock: Callable[[], float]) -> None:
        """See for `node`, whose parameter `sighting_age` says how old poses may be; `clock` is robot time, s."""
        self._node, self._things, self._clock = node, things, clock
        self._told: set[str] = set()
        self.heard = self.refused = 0

    def hear(self, message: Any) -> None:
        """Take in a `ThingStates` message, as far as it can be believed."""
        self.heard += 1
        age = conversions.seconds(self._node.get_clock().now().to_msg()) - conversions.seconds(message.header.stamp)
        limit = float(self._node.get_parameter("sighting_age").value)
        try:
            sightings = conversions.sightings_of(message)
            trouble = self._things.take(sightings, self._clock(), age=age, limit=limit)
        except InputError as error:
            trouble = [str(error)]
        self.refused += bool(trouble)
        for why in trouble:
            self._tell(why)

    def _tell(self, why: str) -> None:
        """The same reason once, whatever figures are in it."""
        kind = "".join(" " if letter.isdigit() else letter for letter in why)
        if kind not in self._told and len(self._told) < MOST_REASONS:
            self._told.add(kind)
            self._node.get_logger().warning(f"not believed: {why}")
