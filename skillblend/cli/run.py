"""``skillblend run`` and ``plan``: an instruction becomes motion, step by step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import robots
from sim import scenes
from sim.bridge import MujocoBridge, ScenePerception
from sim.judge import Judge, Look, look
from sim.pipelines import check_seed
from skillblend.body import load_body
from skillblend.cli.arguments import DEFAULT_PLANNER
from skillblend.cli.drawing import NOTHING_TO_SEE, Drawing, clear_pictures
from skillblend.cli.examples import Examples, show_support
from skillblend.cli.output import output_folder
from skillblend.contracts import Decision, Observation, Planner, Step
from skillblend.errors import SafetyError
from skillblend.executor import Executor
from skillblend.files import atomic_write, json_text, write_json
from skillblend.options import DONE, all_achieved, ground_options
from skillblend.prospects import Prospects, load_affordances
from skillblend.safety import Guard, GuardedBridge, Rules
from skillblend.safety.heeding import heed
from skillblend.safety.instruction import check_instruction, check_text
from skillblend.safety.machine import Mode
from skillblend.safety.plan import mark, objection, overruled
from skillblend.safety.prohibitions import RULE
from skillblend.safety.rules import InstructionRules

if TYPE_CHECKING:
    from skillblend.cli.commands import Plan, Run

log = logging.getLogger(__name__)

MAX_STEPS = 16
"""Steps after which a run is given up."""


@dataclass(kw_only=True)
class Report:
    """What ``report.json`` holds.

    Attributes:
        instruction: As typed.
        planner: Who decided.
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
    planner: str
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
        begin: Callable[[], None] | None = None,
        judged: Callable[[Mapping[str, Any]], None] | None = None,
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
            begin: Called before the first step of an instruction that is carried out: not where it is refused.
            judged: Called after each step with its entry in the report.
            rules: Of the guard that every target passes; `Rules.for_robot` by default.
        """
        check_seed(seed)
        self.robot = robots.load(robot)
        self.scene = scenes.load(scene).fitted(self.robot)
        self.seed = seed
        self.body = load_body(self.robot, models)
        self.bridge = MujocoBridge(self.robot, self.scene, seed=seed)
        self.perception = ScenePerception(self.bridge)
        self.judge = Judge(self.scene, self.robot)
        self._watch, self._begin, self._judged = watch, begin, judged
        self.rules = rules or Rules.for_robot(self.robot)
        self.guarded = GuardedBridge(self.bridge, Guard(self.robot, self.rules))
        self.guarded.read()
        self.guarded.guard.launch()
        self.executor = Executor(self.body, self.guarded, self.perception, watch=self._tick, rules=self.rules.plan)
        self.prospects = Prospects(self.body, self.executor, load_affordances(models, self.robot.name))
        self.stop_requested = False
        self.last: Decision | None = None
        self.objections: dict[str, str] = {}
        self.planner: Planner = heed(planner() if callable(planner) else planner)

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
        decision = self.planner.decide(instruction, self.scene.state, history, affordances)
        self.last = mark(decision, self.objections)
        return self.last

    def run(
        self, instruction: str, show: Callable[[Decision, float], None] | None = None
    ) -> tuple[Report, list[Decision]]:
        """Decide, act and judge until the plan ends."""
        report = Report(
            instruction=instruction, robot=self.robot.name, scene=self.scene.source, seed=self.seed,
            planner=self.planner.name,
        )  # fmt: skip
        history: list[tuple[Step, bool]] = []
        decisions: list[Decision] = []
        began, start = time.monotonic(), self.time
        report.reason = harm(instruction, self.rules.instruction)
        report.refused = bool(report.reason)
        while not report.refused and len(history) < MAX_STEPS and self._able and not self.stop_requested:
            before = time.monotonic()
            decision = self.decide(instruction, history)
            report.planning_seconds += time.monotonic() - before
            decisions.append(decision)
            if show is not None:
                show(decision, self.time - start)
            if self.stop_requested:
                break
            step = decision.chosen.step
            why = overruled(decision, self.objections)
            if why or step.skill == "refuse":
                report.refused, report.reason = True, why or _refusal(decision, self.objections)
                break
            if step.skill == "done":
                report.success = all_achieved(history)
                break
            if not history and self._begin is not None:
                self._begin()
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
        entry = {
            "text": step.text,
            "skill": step.skill,
            "goal": step.argument,
            "success": verdict.success,
            "reason": verdict.reason,
            "seconds": round(outcome.seconds, 2),
        }
        report.steps.append(entry)
        if self._judged is not None:
            self._judged(entry)
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
    if decision.reading and decision.chosen.reason.startswith(RULE):
        return decision.chosen.reason
    rules = {o.reason for o in decision.options if not o.allowed and o.step != DONE and o.step.text not in objections}
    return "; ".join(sorted(rules)) or "no skill can do that here"


def harm(instruction: str, rules: InstructionRules | None = None) -> str:
    """What the rules for instructions hold against it; empty where nothing."""
    try:
        check_instruction(instruction, rules)
    except SafetyError as error:
        return str(error)
    return ""


def load_planner(name: str = DEFAULT_PLANNER, gold: Mapping[str, Sequence[str]] | None = None) -> Planner:
    """The planner called `name`, the shipped one by default.

    Args:
        name: Of a file in `planners.variants`.
        gold: Known plans by instruction, for a planner that replays them.

    Raises:
        UnknownNameError: No such planner.
        InputError: It replays known plans, and there are none.
        BundleError: Its model is missing or damaged.
    """
    from planners.variants import PLANNERS

    return heed(PLANNERS[name].load(gold or {}))


def check_planner(name: str) -> None:
    """Refuse a name before anything is loaded.

    Raises:
        UnknownNameError: No planner is called so; near misses are suggested.
    """
    from planners.variants import PLANNERS

    PLANNERS[name]


def decision_record(decision: Decision) -> dict[str, Any]:
    """A decision as JSON-ready values."""
    return {
        "instruction": decision.instruction,
        "planner": decision.planner,
        "history": [{"step": s.text, "success": ok} for s, ok in decision.history],
        "chosen": decision.chosen.step.text,
        "reading": list(decision.reading),
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
    title = f"t = {seconds:.1f} s, {escape(decision.planner)}: {escape(decision.chosen.step.text)}"
    table = Table(title=title, title_justify="left")
    for name in ("option", "score", "affordance", "product"):
        table.add_column(name, justify="left" if name == "option" else "right")
    for option in decision.options[:rows]:
        style = "bold green" if option is decision.chosen else ("dim" if not option.allowed else "")
        table.add_row(
            escape(option.step.text), f"{option.lm_score:.3f}", f"{option.affordance:.3f}", f"{option.score:.3f}",
            style=style,
        )  # fmt: skip
    table.caption, table.caption_justify = escape("\n".join(decision.reading)) or None, "left"
    return table


def run(args: Run) -> int:
    """Carry out one instruction and leave report, trace, video and filmstrip."""
    check_text(args.instruction, InstructionRules())
    scenes.load(args.scene)
    robots.load(args.robot)
    check_seed(args.seed)
    check_planner(args.planner)
    console = Console(stderr=args.json)
    with output_folder(args.out):
        why = harm(args.instruction)
        if why:  # before anything is loaded
            report = Report(
                instruction=args.instruction, robot=args.robot, scene=args.scene, seed=args.seed, planner=args.planner
            )
            report.refused, report.reason = True, why
            _leave(report, [], args, console)
            if args.video:
                console.print(NOTHING_TO_SEE)
        else:
            report = _carry_out(args, console)
    return 0 if report.success or report.refused else 1


def _carry_out(args: Run, console: Console) -> Report:
    """Move, and leave everything in the folder: the report first, then what may yet fail."""
    with closing(Drawing(args, console)) as drawing:
        session = Session(
            args.robot, args.scene, args.seed, args.models, partial(load_planner, args.planner),
            watch=drawing.update, begin=drawing.begin,
            judged=lambda entry: console.print(step_line(entry), soft_wrap=True),
        )  # fmt: skip
        report, decisions = session.run(args.instruction, lambda d, t: console.print(decision_table(d, t)))
        _leave(report, decisions, args, console)
        drawing.finish()
        drawing.linger()
    return report


def _leave(report: Report, decisions: list[Decision], args: Run, console: Console) -> None:
    """Tell how it ended, on the screen first: a disk may be full. Until now, an earlier run's results were there."""
    _conclude(report, args.out, console)
    if args.json:
        print(json_text(asdict(report)), flush=True)
    write_json(args.out / "report.json", asdict(report))
    atomic_write(args.out / "trace.jsonl", "".join(json_text(decision_record(d)) + "\n" for d in decisions))
    clear_pictures(args.out)


def step_line(entry: Mapping[str, Any]) -> str:
    """A step of a report, in the judge's words, for the screen."""
    mark = "[green]achieved[/green]" if entry["success"] else "[red]not achieved[/red]"
    return f"{escape(entry['text'])}: {mark} in {entry['seconds']:.1f} s: {escape(entry['reason'])}"


def _conclude(report: Report, out: Path, console: Console) -> None:
    verdict = "refused" if report.refused else ("success" if report.success else "failure")
    if report.reason:
        console.print(f"refused: {report.reason}", highlight=False, markup=False, soft_wrap=True)
    if report.fault:
        console.print(f"[red]the guard stopped the robot:[/red] {escape(report.fault)}", highlight=False)
    console.print(
        f"[bold]{verdict}[/bold]: {len(report.steps)} steps, {report.seconds:.1f} s simulated in "
        f"{report.wall_seconds:.1f} s; {escape(str(out))}/report.json"
    )


def first_decision(args: Plan) -> Decision:
    """What would be done first; in an abstract scene, where no robot stands, without affordances and rules."""
    scene = scenes.load(args.scene)
    if scene.sketch is not None:
        return load_planner(args.planner).decide(args.instruction, scene.state, [], {})
    session = Session(args.robot, args.scene, args.seed, args.models, partial(load_planner, args.planner))
    return session.decide(args.instruction, [])


def plan(args: Plan) -> int:
    """Show the first decision."""
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
