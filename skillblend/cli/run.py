"""``skillblend run``, ``plan`` and ``eval instructions``: an instruction becomes motion, step by step."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

import robots
from sim import scenes
from sim.bridge import MujocoBridge, ScenePerception
from sim.judge import Judge, Look, judge_sequence, look
from sim.pipelines import check_seed, commit
from skillblend.body import load_body
from skillblend.cli.examples import Examples, show_support
from skillblend.cli.output import write_json
from skillblend.contracts import Decision, Observation, Planner, Step
from skillblend.errors import InputError, SafetyError
from skillblend.executor import Executor
from skillblend.options import DONE, REFUSE, ground_options
from skillblend.prospects import Prospects, load_affordances
from skillblend.safety import Guard, GuardedBridge, Rules
from skillblend.safety.instruction import check_instruction, check_text
from skillblend.safety.machine import Mode
from skillblend.safety.plan import mark, objection, overruled
from skillblend.safety.rules import InstructionRules

if TYPE_CHECKING:
    from skillblend.cli.main import EvalInstructions, Plan, Run

log = logging.getLogger(__name__)

MAX_STEPS = 16
"""Steps after which a run is given up."""


@dataclass(kw_only=True)
class Report:
    """What ``report.json`` holds.

    Attributes:
        instruction: As typed.
        success: Ended with done, every step done in the judge's eyes, nobody fell.
        refused: The planner, or a rule, declined.
        reason: Why; empty where it was not refused.
        steps: Each with skill, goal, success and seconds.
        falls: 0 or 1.
        fault: Why the guard stopped the robot; empty where it did not.
        seconds: Simulated time.
        wall_seconds: Time it took, planning and drawing included.
    """

    instruction: str
    robot: str
    scene: str
    seed: int
    success: bool = False
    refused: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    falls: int = 0
    reason: str = ""
    fault: str = ""
    seconds: float = 0.0
    wall_seconds: float = 0.0
    planning_seconds: float = 0.0


class Session:
    """A robot in a scene with its planner and its guard: carries out one instruction after another."""

    def __init__(
        self,
        robot: str,
        scene: str,
        seed: int,
        models: Path,
        planner: Planner | Callable[[], Planner],
        *,
        watch: Callable[[MujocoBridge], None] | None = None,
        rules: Rules | None = None,
    ) -> None:
        """Stand the robot up.

        Args:
            robot: Name.
            scene: Name.
            seed: Of the simulation.
            models: Where the bundles are.
            planner: Decides; or a function that makes it, called once everything else has been checked.
            watch: Called after each control step.
            rules: Of the guard that every target passes; `Rules()` by default.
        """
        check_seed(seed)
        self.robot = robots.load(robot)
        self.scene = scenes.load(scene)
        self.seed = seed
        self.body = load_body(self.robot, models)
        self.bridge = MujocoBridge(self.robot, self.scene, seed=seed)
        self.perception = ScenePerception(self.bridge)
        self.judge = Judge(self.scene, self.robot)
        self._watch = watch
        self.rules = rules or Rules()
        self.guarded = GuardedBridge(self.bridge, Guard(self.robot, self.rules))
        self.guarded.read()
        self.guarded.guard.launch()
        self.executor = Executor(self.body, self.guarded, self.perception, watch=self._tick, rules=self.rules.plan)
        self.prospects = Prospects(self.body, self.executor, load_affordances(models, self.robot.name))
        self.stop_requested = False
        self.last: Decision | None = None
        self.objections: dict[str, str] = {}
        self.planner: Planner = planner() if callable(planner) else planner

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return float(self.bridge.state.time[0])

    @property
    def fault(self) -> str:
        """Why the guard stopped the robot; empty where it did not."""
        guard = self.guarded.guard
        return "; then ".join(record.detail for record in guard.records) if guard.faulted.any() else ""

    def decide(self, instruction: str, history: list[tuple[Step, bool]]) -> Decision:
        """One planning decision in the present state."""
        options = ground_options(self.scene.objects)
        situation = self.perception.situation(Mode(int(self.guarded.guard.state[0])))
        found = {step.text: objection(step, situation, self.rules.plan) for step in options}
        self.objections = {text: why for text, why in found.items() if why}
        possible = [step for step in options if step.text not in self.objections]
        affordances = self.prospects.of(possible, self.guarded.read()) | dict.fromkeys(self.objections, 0.0)
        decision = self.planner.decide(instruction, self.scene.objects, history, affordances)
        self.last = mark(decision, self.objections)
        return self.last

    def run(
        self, instruction: str, show: Callable[[Decision, float], None] | None = None
    ) -> tuple[Report, list[Decision]]:
        """Decide, act and judge until the plan ends."""
        report = Report(instruction=instruction, robot=self.robot.name, scene=self.scene.name, seed=self.seed)
        history: list[tuple[Step, bool]] = []
        decisions: list[Decision] = []
        began, start = time.monotonic(), self.time
        self.stop_requested = False
        report.reason = harm(instruction, self.rules.instruction)
        report.refused = bool(report.reason)
        while not report.refused and len(history) < MAX_STEPS and self._able and not self.stop_requested:
            before = time.monotonic()
            decision = self.decide(instruction, history)
            report.planning_seconds += time.monotonic() - before
            decisions.append(decision)
            if show is not None:
                show(decision, self.time - start)
            step = decision.chosen.step
            why = overruled(decision, self.objections)
            if why or step.skill == "refuse":
                report.refused, report.reason = True, why or _refusal(decision, self.objections)
                break
            if step.skill == "done":
                report.success = bool(history) and history[-1][1]
                break
            history.append((step, self._execute(step, report)))
        report.falls = int(self.bridge.fell)
        report.fault = self.fault
        report.success = report.success and self._able
        report.seconds = self.time - start
        report.wall_seconds = time.monotonic() - began
        return report, decisions

    def _execute(self, step: Step, report: Report) -> bool:
        self.judge.begin(step, self._look())
        self.guarded.guard.hand_over()
        outcome = self.executor.execute(step)
        verdict = self.judge.verdict()
        report.steps.append(
            {
                "text": step.text,
                "skill": step.skill,
                "goal": step.argument,
                "success": verdict.success,
                "reason": verdict.reason,
                "seconds": round(outcome.seconds, 2),
            }
        )
        return verdict.success

    @property
    def _able(self) -> bool:
        """Whether the robot neither lies on the floor nor was stopped by its guard."""
        return not self.bridge.fell and not self.guarded.guard.faulted.any()

    def _look(self) -> Look:
        return look(self.bridge.sim, self.scene, self.time)

    def _tick(self, obs: Observation) -> bool:
        del obs
        self.judge.update(self._look())
        if self._watch is not None:
            self._watch(self.bridge)
        return self._able and not self.stop_requested


def _refusal(decision: Decision, objections: Mapping[str, str]) -> str:
    """Why a planner refused: its check that forbade the rest, or the language model's own judgement."""
    rules = {o.reason for o in decision.options if not o.allowed and o.step != DONE and o.step.text not in objections}
    return "; ".join(sorted(rules)) or "no skill can do that here"


def harm(instruction: str, rules: InstructionRules | None = None) -> str:
    """What the rules for instructions hold against it; empty where nothing."""
    try:
        check_instruction(instruction, rules)
    except SafetyError as error:
        return str(error)
    return ""


def load_planner() -> Planner:
    """The language model with the shipped adapter."""
    from planners.saycan import SayCanPlanner

    return SayCanPlanner.load()


def decision_record(decision: Decision) -> dict[str, Any]:
    """A decision as JSON-ready values."""
    return {
        "instruction": decision.instruction,
        "history": [{"step": s.text, "success": ok} for s, ok in decision.history],
        "chosen": decision.chosen.step.text,
        "options": [
            {
                "step": o.step.text,
                "lm_score": o.lm_score,
                "affordance": o.affordance,
                "score": o.score,
                "allowed": o.allowed,
                "reason": o.reason,
            }
            for o in decision.options
        ],
    }


def decision_table(decision: Decision, seconds: float, rows: int = 5) -> Table:
    """The best options of a decision."""
    table = Table(title=f"t = {seconds:.1f} s: {decision.chosen.step.text}", title_justify="left")
    for name in ("option", "language model", "affordance", "product"):
        table.add_column(name, justify="left" if name == "option" else "right")
    for option in decision.options[:rows]:
        style = "bold green" if option is decision.chosen else ("dim" if not option.allowed else "")
        table.add_row(
            option.step.text, f"{option.lm_score:.3f}", f"{option.affordance:.3f}", f"{option.score:.3f}",
            style=style,
        )  # fmt: skip
    return table


def run(args: Run) -> int:
    """Carry out one instruction and leave report, trace, video and filmstrip."""
    check_text(args.instruction, InstructionRules())
    scenes.load(args.scene)
    robots.load(args.robot)
    _writable(args.out)
    console = Console(stderr=args.json)
    drawing = _Drawing(args, console)
    try:
        session = Session(args.robot, args.scene, args.seed, args.models, load_planner, watch=drawing.update)
        report, decisions = session.run(args.instruction, lambda d, t: console.print(decision_table(d, t)))
    except BaseException:
        drawing.abort()
        raise
    drawing.finish()
    trace = "".join(json.dumps(decision_record(d)) + "\n" for d in decisions)
    temporary = args.out / ".trace.jsonl.tmp"
    temporary.write_text(trace)
    temporary.replace(args.out / "trace.jsonl")
    write_json(args.out / "report.json", asdict(report))
    if args.json:
        print(json.dumps(asdict(report)))
    verdict = "refused" if report.refused else ("success" if report.success else "failure")
    if report.reason:
        console.print(f"refused: {report.reason}", highlight=False, markup=False)
    if report.fault:
        console.print(f"[red]the guard stopped the robot:[/red] {report.fault}", highlight=False)
    console.print(
        f"[bold]{verdict}[/bold]: {len(report.steps)} steps, {report.seconds:.1f} s simulated in "
        f"{report.wall_seconds:.1f} s; {args.out}/report.json"
    )
    return 0 if report.success or report.refused else 1


def plan(args: Plan) -> int:
    """Show the first decision."""
    check_instruction(args.instruction)
    session = Session(args.robot, args.scene, args.seed, args.models, load_planner)
    decision = session.decide(args.instruction, [])
    behind = Examples().support(args.instruction)
    if args.json:
        print(json.dumps(decision_record(decision) | {"support": behind.record() if behind else None}))
    else:
        Console().print(decision_table(decision, 0.0, rows=len(decision.options)))
        show_support(behind, Console())
    return 0


def eval_instructions(args: EvalInstructions) -> int:
    """Run every instruction of a file in a fresh simulation; how many satisfy the judge."""
    try:
        data: dict[str, Any] = json.loads(args.file.read_text())
        items: list[dict[str, Any]] = data["instructions"]
        if not items or args.limit < 0:
            raise ValueError(f"{len(items)} instructions, limit {args.limit}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{args.file} must be JSON with 'scene' and 'instructions': {error}") from error
    planner = load_planner()
    console = Console(stderr=args.json)
    rows: list[dict[str, Any]] = []
    for item in items[: args.limit or None]:
        session = Session(args.robot, data["scene"], args.seed, args.models, planner)
        if args.plan_only:
            row = _plan_only(session, item["instruction"])
        else:
            report, _ = session.run(item["instruction"])
            row = asdict(report)
        done = [s["text"] for s in row["steps"] if s["success"]]
        known = {s.text: s for s in ground_options(session.scene.objects)}
        events = [(known[s["text"]], bool(s["success"])) for s in row["steps"]]
        events += [(REFUSE, True)] if row["refused"] else []
        good = judge_sequence(events, item["plans"]) and not row["falls"]
        rows.append(row | {"id": item["id"], "category": item["category"], "good": good})
        mark = "[green]ok  [/green]" if good else "[red]miss[/red]"
        console.print(f"{mark} {item['id']:14s} {item['instruction']} -> {done or row['refused'] and 'refuse'}")
    summary = {
        "instructions": len(rows),
        "satisfied": sum(r["good"] for r in rows) / len(rows),
        "falls": sum(r["falls"] for r in rows),
        "plan_only": args.plan_only,
        "seed": args.seed,
        "commit": commit(),
        "runs": rows,
    }
    write_json(args.out, summary)
    brief = {k: v for k, v in summary.items() if k != "runs"}
    print(json.dumps(brief) if args.json else brief)
    return 0


def _plan_only(session: Session, instruction: str) -> dict[str, Any]:
    """The plan if every step succeeded, with affordances of the present state left out."""
    history: list[tuple[Step, bool]] = []
    refused = False
    while len(history) < MAX_STEPS:
        decision = session.planner.decide(instruction, session.scene.objects, history, {})
        if decision.chosen.step.skill in ("done", "refuse"):
            refused = decision.chosen.step.skill == "refuse"
            break
        history.append((decision.chosen.step, True))
    steps = [{"text": s.text, "success": True} for s, _ in history]
    return {"instruction": instruction, "steps": steps, "refused": refused, "falls": 0}


class _Drawing:
    """Video and viewer of a run, as far as this machine can draw."""

    def __init__(self, args: Run, console: Console) -> None:
        from sim.render import Recorder, RenderingUnavailable, visual_world

        self.out = args.out
        self.recorder: Any = None
        self.viewer: Any = None
        robot, scene = robots.load(args.robot), scenes.load(args.scene)
        if args.video:
            try:
                model = visual_world(robot, scene).model
                self.recorder = Recorder(model, video=args.out / "run.mp4", fps=20)
            except RenderingUnavailable as error:
                console.print(f"[yellow]no pictures:[/yellow] {error}")
        if args.view:
            from sim.view import Viewer

            self.viewer = Viewer(visual_world(robot, scene).model, port=args.port)
            console.print(f"viewer on port {args.port}")

    def update(self, bridge: MujocoBridge) -> None:
        if self.recorder is not None:
            self.recorder.update(float(bridge.state.time[0]), bridge.qpos)
        if self.viewer is not None:
            self.viewer.update(bridge.qpos)

    def finish(self) -> None:
        if self.recorder is not None:
            self.recorder.finish()
            self.recorder.save_filmstrip(self.out / "filmstrip.png")

    def abort(self) -> None:
        if self.recorder is not None:
            self.recorder.abort()


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"cannot write to {out}: {error.strerror}; choose another --out") from error
