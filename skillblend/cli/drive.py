"""``skillblend drive``: the process next to the motors of one robot."""

from __future__ import annotations

import dataclasses
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional

from skillblend.cli.output import keep_earlier
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError, SkillblendError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drive:
    """Write motor commands at 500 Hz: interpolate a guard's setpoints, brake when they stop coming.

    Attributes:
        robot: Whom.
        folder: Where the sockets of robot, driver and guard are.
        skill: Whose policy may drive: its bundle must be the guard's.
        models: Where the bundles are.
        timing: File that gets the periods of the commands that followed setpoints, as JSON, at the end.
    """

    robot: Positional[Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")]]
    folder: Positional[Path]
    skill: str = "walking"
    models: Path = MODELS
    timing: Path | None = None

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(drive, self)


def drive(args: Drive) -> int:
    """Drive until interrupted; 0 if no fault was latched then, 1 if one was."""
    import robots
    from skillblend.files import write_json
    from skillblend.hardware.contract import Contract
    from skillblend.hardware.driver import Driver, Phase
    from skillblend.hardware.sockets import Mailbox, SetpointBox, SocketLink
    from skillblend.hardware.timing import Regularity, TimedLink
    from skillblend.skills.skill import load_skill

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    machine = Contract.of(robot, skill.controller.layout, skill.bundle.digest)
    if not args.folder.is_dir():
        raise InputError(f"{args.folder} is no folder; create it, and let the robot bind robot.sock in it")
    wanted = _Until(signal.SIGINT, signal.SIGTERM)
    with Mailbox(args.folder / "driver.sock") as box, Mailbox(args.folder / "setpoint.sock") as guard:
        link = TimedLink(SocketLink(box, args.folder / "robot.sock"), lambda: driver.phase == Phase.FOLLOWING)
        driver = Driver(robot, link)

        def announce(policy: Contract) -> None:
            driver.arm(policy, machine)
            print(f"armed for {args.skill} on {robot.name}", file=sys.stderr, flush=True)

        source = SetpointBox(guard, announce)

        def setpoints() -> bytes | None:
            try:
                return source.newest()
            except SkillblendError as error:
                print(f"skillblend: {error}", file=sys.stderr, flush=True)
                return None

        print(f"driver of {robot.name} waits in {args.folder}", file=sys.stderr, flush=True)
        driver.run(setpoints, wanted)
    if args.timing is not None:
        keep_earlier(args.timing)
        write_json(args.timing, dataclasses.asdict(Regularity.of(link.periods)) | {"fault": driver.fault})
    if driver.fault:
        print(f"skillblend: {driver.fault}", file=sys.stderr)
    return 1 if driver.fault else 0


class _Until:
    """True until one of `signals` comes: the driver then brakes before it ends."""

    def __init__(self, *signals: signal.Signals) -> None:
        self._on = True
        for number in signals:
            signal.signal(number, self._end)

    def _end(self, number: int, frame: Any) -> None:
        del number, frame
        self._on = False

    def __call__(self) -> bool:
        return self._on
