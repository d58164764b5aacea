"""The nodes as processes of this machine: started together, watched, and always ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from skillblend.errors import InputError

PATIENCE = 10.0
"""How long a process may take to end by itself, s of wall time."""
DOMAINS = range(1, 101)
"""Domains to choose from: above 101, ports of DDS meet those that Linux gives to anyone."""
LOOPBACK = Path(__file__).with_name("loopback.xml")
"""Keeps the messages of these processes on this machine, and off its shared memory."""


class Stack:
    """Processes of one ROS domain; a context manager that leaves none behind.

    Attributes:
        domain: Their ROS_DOMAIN_ID.
        folder: Where each writes its output, NAME.log.
    """

    def __init__(self, folder: Path, domain: int | None = None) -> None:
        """Nothing started yet; `domain` None claims one.

        Raises:
            InputError: No domain is free.
        """
        self._claim: Claim | None = None
        if domain is None:
            self._claim = Claim()
            domain = self._claim.domain
        self.domain = domain
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = environment(self.domain)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.close()

    def start(
        self,
        node: str,
        parameters: Mapping[str, object] | None = None,
        nice: int = 0,
        *,
        file: Path | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Start the node called `node`.

        Args:
            node: One of the programs.
            parameters: Of it.
            nice: How far it stands back.
            file: With more parameters, as ROS takes them (YAML).
            names: Of topics, and what they shall be called instead.

        Raises:
            InputError: It runs already.
        """
        if self.running(node):
            raise InputError(f"{node} runs already; stop it first")
        given: Sequence[str] = ("--params-file", str(file)) if file is not None else ()
        settings = [part for name, value in (parameters or {}).items() for part in ("-p", f"{name}:={_text(value)}")]
        renamed = [part for name, other in (names or {}).items() for part in ("-r", f"{name}:={other}")]
        arguments = [*given, *settings, *renamed]
        command = [sys.executable, "-m", "skillblend_ros", node, *(["--ros-args", *arguments] if arguments else [])]
        with (self.folder / f"{node}.log").open("ab") as out:
            self._processes[node] = subprocess.Popen(
                ["nice", "-n", str(nice), *command] if nice else command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def process_id(self, node: str) -> int:
        """Of `node`, which was started."""
        return self._processes[node].pid

    def running(self, node: str) -> bool:
        """Whether `node` is alive."""
        process = self._processes.get(node)
        return process is not None and process.poll() is None

    def dead(self) -> list[str]:
        """Nodes that were started and have ended by themselves, with their exit code."""
        return [f"{name} ({p.returncode})" for name, p in self._processes.items() if p.poll() is not None]

    def signal(self, node: str, number: int) -> None:
        """Send a signal to `node` itself, such as SIGSTOP or SIGKILL."""
        os.killpg(self._processes[node].pid, number)

    def stop(self, node: str) -> int:
        """End `node`; its exit code."""
        process = self._processes.pop(node)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, signal.SIGINT)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()

    def output(self, node: str) -> str:
        """What `node` wrote so far."""
        file = self.folder / f"{node}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self) -> None:
        """End everything, the robot last, so that the guard's last word reaches it."""
        for node in reversed(list(self._processes)):
            self.stop(node)
        if self._claim is not None:
            self._claim.close()


class Claim:
    """A ROS domain that nobody else on this machine has claimed, until it is closed or this process ends.

    Attributes:
        domain: Its ROS_DOMAIN_ID.
    """

    def __init__(self, domains: Sequence[int] = DOMAINS) -> None:
        """Claim one of `domains`; the process id says where the search begins.

        Raises:
            InputError: All of them are claimed.
        """
        first = os.getpid() % len(domains)
        for domain in (*domains[first:], *domains[:first]):
            # A name in Linux's abstract name space: bound once, and gone with the process however it ends.
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.bind(f"\0skillblend-ros-domain-{domain}")
            except OSError:
                self._socket.close()
                continue
            self.domain = domain
            return
        raise InputError(f"all {len(domains)} ROS domains of this machine are in use; end a run that holds one")

    def close(self) -> None:
        """Give it back."""
        self._socket.close()


def environment(domain: int) -> dict[str, str]:
    """What a process of this ROS domain finds in its environment: this machine only, no model hub."""
    return os.environ | {
        "ROS_DOMAIN_ID": str(domain),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",
        "FASTRTPS_DEFAULT_PROFILES_FILE": str(LOOPBACK),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "MUJOCO_GL": "disable",
        "PYTHONUNBUFFERED": "1",
    }


def wait_for(what: str, holds: object, seconds: float = 60.0) -> None:
    """Until the function `holds` gives True.

    Raises:
        InputError: It did not in `seconds` of wall time.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(holds) and holds():
            return
        time.sleep(0.05)
    raise InputError(f"{what} did not come within {seconds:.0f} s; see the logs of the nodes")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else repr(value)
