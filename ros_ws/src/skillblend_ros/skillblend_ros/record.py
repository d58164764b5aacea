"""Records topics into a rosbag2 MCAP file, as they come off the wire; Foxglove and rosbag2 read it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import skillblend_msgs
from rclpy.node import Node
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from skillblend.errors import InputError
from skillblend_ros import nodes
from skillblend_ros.topics import TOPICS


class Recorder(Node):
    """Subscribes to every topic, and writes what comes.

    The recording appears under its name when it is complete; before, it is NAME.part.
    """

    def __init__(self) -> None:
        """Begin to record.

        Raises:
            InputError: The folder exists or cannot be written.
        """
        super().__init__("record")
        values = nodes.declare(self, "record")
        self._out = Path(values["out"])
        self._part = self._out.with_name(self._out.name + ".part")
        if self._out.exists() or self._part.exists():
            raise InputError(f"{self._out} exists already; remove it or name another folder as `out`")
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._writer = Writer(self._part, version=9, storage_plugin=StoragePlugin.MCAP)
            self._writer.open()
        except OSError as error:
            raise InputError(f"cannot write to {self._out}: {error.strerror}; choose another folder") from error
        self.count = 0
        store = typestore()
        for topic in TOPICS:
            name = topic.name if topic.name.startswith("/") else f"/{topic.name}"
            line = self._writer.add_connection(name, topic.kind, typestore=store)
            nodes.listen(self, topic, lambda data, line=line: self._write(line, data), raw=True)
        if values["seconds"] > 0.0:
            self.create_timer(values["seconds"], self._end)
        nodes.diagnose(self, lambda: (0, f"{self.count} messages", {"out": self._out, "messages": self.count}))

    def close(self) -> None:
        """Complete the recording; nothing is left of one without a message."""
        self._writer.close()
        if self.count:
            self._part.replace(self._out)
        else:
            shutil.rmtree(self._part)

    def _write(self, line: Any, data: bytes) -> None:
        self._writer.write(line, time.time_ns(), data)
        self.count += 1

    def _end(self) -> None:
        raise KeyboardInterrupt


def typestore() -> Any:
    """ROS 2 Jazzy's message types and ours, for reading and writing recordings."""
    store = get_typestore(Stores.ROS2_JAZZY)
    share = Path(skillblend_msgs.__file__).resolve().parents[3].parent / "share" / "skillblend_msgs" / "msg"
    types: dict[str, Any] = {}
    for file in sorted(share.glob("*.msg")):
        types |= get_types_from_msg(file.read_text(), f"skillblend_msgs/msg/{file.stem}")
    store.register(types)
    return store


def main() -> int:
    """Run the node."""
    return nodes.run_node(Recorder)
