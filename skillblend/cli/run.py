"""``skillblend run`` and ``plan``: an instruction becomes motion, step by step."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

import robots
from skillblend.asking import Clarification
from skillblend.cli.arguments import Instruction, Robots, Said, check_setting
from skillblend.cli.drawing import NOTHING_TO_SEE, Drawing, clear_pictures
from skillblend.cli.memory import keep, open_memory, remembering
from skillblend.cli.output import output_folder
from skillblend.cli.paths import MODELS
from skillblend.contracts import Decision, Planner
from skillblend.errors import SafetyError
from skillblend.files import atomic_write, json_text, write_json
from skillblend.plan_run import PlanRun
from skillblend.recording import MotionRecorder
from skillblend.remembered import Remembers
from skillblend.safety.instruction import check_instruction, check_text
from skillblend.safety.rules import InstructionRules
from skillblend.session import Hooks, Outcome, Session
from skillblend.shell import Shell
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import check_planner, load_planner, open_session
from skillblend.tables import decision_record, decision_table
from skillblend.terminal import telling

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from skillblend.cli.viewing import View


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan(Said):
    """Show the first decision for an instruction without moving.

    Attributes:
        words: What to do, with or without quotes around it.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`, or METHOD:MODEL as in docs/planner.md.
        json: Print one JSON object and nothing else.
    """

    words: Instruction
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out, once there is something to carry out.

        Raises:
            InputError: The instruction is none.
        """
        check_text(self.instruction, InstructionRules())
        return partial(plan, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run(Said):
    """Carry out an instruction in MuJoCo.

    Attributes:
        words: What to do, with or without quotes around it.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        out: Folder for report.json, trace.jsonl, motion.safetensors, video and filmstrip.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`, or METHOD:MODEL as in docs/planner.md.
        memory: File of what was carried out, which makes the same steps likelier when the same is asked for; `user`
            stands for one in the state folder.
        video: Draw a video and a filmstrip.
        meshes: Draw the robot with MuJoCo Menagerie's meshes in them (H1, G1; takes the dev extra).
        view: Serve a live browser viewer while running.
        port: Of the viewer.
        json: Print the report and nothing else.
    """

    words: Instruction
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    out: Path = Path("runs/run")
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    memory: Path | None = None
    video: bool = True
    meshes: bool = False
    view: bool = False
    port: int = 8080
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out, once there is something to carry out.

        Raises:
            InputError: The instruction is none.
        """
        check_text(self.instruction, InstructionRules())
        return partial(run, self)


def report_of(outcome: Outcome, *, robot: str, scene: str, seed: int) -> dict[str, Any]:
    """What ``report.json`` holds."""
    about = {"instruction": outcome.instruction, "robot": robot, "scene": scene, "seed": seed}
    return about | {name: value for name, value in vars(outcome).items() if name not in ("instruction", "decisions")}


def harm(instruction: str, rules: InstructionRules | None = None) -> str:
    """What the rules for instructions hold against it; empty where nothing."""
    try:
        check_instruction(instruction, rules)
    except SafetyError as error:
        return str(error)
    return ""


def run(args: Run) -> int:
    """Carry out one instruction and leave report, trace, video and filmstrip."""
    check_setting(args.robot, args.scene, args.seed, args.planner)
    console = Console(stderr=args.json)
    with output_folder(args.out):
        why = harm(args.instruction)
        if why:  # before anything is loaded
            outcome = Outcome(instruction=args.instruction, planner=args.planner, refused=True, reason=why)
            _leave(outcome, args, console)
            if args.video:
                console.print(NOTHING_TO_SEE)
        else:
            outcome = _carry_out(args, console)
    return 0 if outcome.success or outcome.refused else 1


def _asking(outcome: Outcome, carry_out: Callable[[str], Outcome], console: Console) -> Outcome:
    """`outcome`, or that of what somebody at the keyboard says was meant; without one, a question is a refusal."""
    while outcome.choices and sys.stdin is not None and sys.stdin.isatty():
        asked = Clarification(choices=outcome.choices, answers=outcome.answers)
        console.print(f"{outcome.reason}; {asked}", markup=False, soft_wrap=True)
        try:
            meant = asked.answered(console.input("> "))
        except EOFError:
            break
        if not meant:
            break
        outcome = carry_out(meant)
    return outcome


def _carry_out(args: Run, console: Console) -> Outcome:
    """Move, and leave everything in the folder: the report first, then what may yet fail."""
    with closing(_drawing(args, console)) as drawing:
        view = drawing.view

        def decided(decision: Decision, seconds: float) -> None:
            console.print(decision_table(decision, seconds))
            drawing.decided(decision)
            if view is not None:
                view.decided(decision)

        def judged(entry: Mapping[str, Any]) -> None:
            line = step_line(entry)
            console.print(line, soft_wrap=True)
            if view is not None:
                view.board.hear("step", line, {"step": dict(entry)})

        recorders: list[MotionRecorder] = []

        def hooks(bridge: MujocoBridge) -> Hooks:
            recorders.append(MotionRecorder(of=bridge))

            def watch() -> None:
                recorders[-1].update()
                drawing.update(bridge)

            return Hooks(
                watch=watch, begun=drawing.begin,
                decided=lambda _, decision, t: decided(decision, t), judged=lambda _, entry: judged(entry),
            )  # fmt: skip

        tell = partial(console.print, markup=False, soft_wrap=True)
        planner, memory = _planner(args, tell)
        session = open_session(args.robot, args.scene, args.seed, args.models, planner, hooks=hooks)
        scene = session.scene
        if view is not None:
            view.attend(lambda: setattr(session, "stop_requested", True))
        instructed = drawing.around(session.run)
        outcome = _asking(instructed(args.instruction), instructed, console)
        keep(memory(), session, scene, outcome, tell)
        if view is not None:
            view.board.hear("ended", f"{_verdict(outcome)} {outcome.reason}".rstrip(), {})
        _leave(outcome, args, console)
        recorders[-1].save(args.out, _about_motion(args, outcome))
        drawing.finish()
        if view is not None and drawing.moved:
            _go_on(args, session, view, planner, memory(), console)
    return outcome


def _planner(args: Run, tell: Callable[[str], None]) -> tuple[Callable[[], Planner], Callable[[], Remembers | None]]:
    """Who decides, loaded when first asked for, and what keeps how it went."""
    store = open_memory(args.memory, tell)
    loaded = cache(lambda: remembering(load_planner(args.planner), store, args.robot))
    return lambda: loaded()[0], lambda: loaded()[1]


def _go_on(
    args: Run,
    session: Session,
    view: View,
    planner: Callable[[], Planner],
    memory: Remembers | None,
    console: Console,
) -> None:
    """Until Ctrl-C, the page takes further instructions, as a console does; those that wait already, first."""
    from skillblend.cli.player import SimulatedPlayer

    present = [session]

    def make(hooks: Callable[[Any], Hooks]) -> Session:
        if not present:
            return open_session(args.robot, args.scene, args.seed, args.models, planner, hooks=hooks)
        session = present.pop()
        bridge: Any = session.cast.bridge
        session.hooks = hooks(bridge)
        return session

    shell = Shell(lambda shell: SimulatedPlayer(make, shell, view), view.telling(telling(console)), memory=memory)
    view.linger(shell)
    shell.leave()


def _drawing(args: Run, console: Console) -> Drawing:
    """Video and view, as far as they are asked for."""
    return Drawing(
        args.robot, args.scene, args.out, console, port=args.port if args.view else None, video=args.video,
        meshes=args.meshes, quiet=args.json,
    )  # fmt: skip


def _leave(outcome: Outcome, args: Run, console: Console) -> None:
    """Tell how it ended, on the screen first: a disk may be full. Until now, an earlier run's results were there."""
    from sim import scenes

    source = scenes.load(args.scene).source
    report = report_of(outcome, robot=args.robot, scene=source, seed=args.seed)
    _conclude(outcome, args.out, console)
    if args.json:
        print(json_text(report), flush=True)
    write_json(args.out / "report.json", report)
    records = [json_text(decision_record(decision)) + "\n" for decision in outcome.decisions]
    atomic_write(args.out / "trace.jsonl", "".join(records))
    clear_pictures(args.out)


def _about_motion(args: Run, outcome: Outcome) -> dict[str, Any]:
    """What the record of a run's motion says besides numbers."""
    robot = robots.load(args.robot)
    return {
        "robot": robot.name, "scene": args.scene, "seed": args.seed, "instruction": outcome.instruction,
        "success": outcome.success, "joint_names": list(robot.joint_names), "control_dt": robot.control_dt,
    }  # fmt: skip


def step_line(entry: Mapping[str, Any]) -> str:
    """A step of a report, in the judge's words, for the screen."""
    mark = "[green]achieved[/green]" if entry["success"] else "[red]not achieved[/red]"
    return f"{escape(entry['text'])}: {mark} in {entry['seconds']:.1f} s: {escape(entry['reason'])}"


def _verdict(outcome: Outcome) -> str:
    return "refused" if outcome.refused else ("success" if outcome.success else "failure")


def _conclude(outcome: Outcome, out: Path, console: Console) -> None:
    if outcome.reason:
        begin = "refused" if outcome.refused else "it ended"
        console.print(f"{begin}: {outcome.reason}", highlight=False, markup=False, soft_wrap=True)
    if outcome.fault:
        console.print(f"[red]the guard stopped the robot:[/red] {escape(outcome.fault)}", highlight=False)
    console.print(
        f"[bold]{_verdict(outcome)}[/bold]: {len(outcome.steps)} steps, {outcome.seconds:.1f} s simulated in "
        f"{outcome.wall_seconds:.1f} s; {escape(str(out))}/report.json"
    )


def plan(args: Plan) -> int:
    """Show the first decision."""
    from planners.examples import Examples, show_support

    check_instruction(args.instruction)
    check_planner(args.planner)
    decision = first_decision(args)
    behind = Examples().support(args.instruction)
    if args.json:
        print(json_text(decision_record(decision) | {"support": behind.record() if behind else None}))
    else:
        Console().print(decision_table(decision, 0.0, rows=len(decision.options)))
        show_support(behind, Console())
    return 0


def first_decision(args: Plan) -> Decision:
    """What would be done first; in an abstract scene, where no robot stands, without affordances and rules."""
    from sim import scenes

    scene = scenes.load(args.scene)
    planned = PlanRun(args.instruction)
    if scene.sketch is not None:
        planned.take(load_planner(args.planner).decide(args.instruction, scene.state, [], {}))
    else:
        session = open_session(args.robot, args.scene, args.seed, args.models, partial(load_planner, args.planner))
        planned.take(session.decide(planned))
    return planned.decisions[-1]
