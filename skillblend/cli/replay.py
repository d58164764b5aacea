"""``skillblend replay``: the decisions of a run made again from its log, and whether they come out the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tyro.conf import Positional

from skillblend.contracts.pairs import named
from skillblend.errors import InputError
from skillblend.files import json_text
from skillblend.shipped import DEFAULT_PLANNER

if TYPE_CHECKING:
    from skillblend.contracts import Decision, Planner, SceneState, Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replay:
    """Make the decisions of a run again; 0 if every score is the same to the last bit, 1 if one is not.

    Attributes:
        run: Folder with the report.json and trace.jsonl that `skillblend run` left.
        planner: Who decides again; the planner of the run by default.
        json: Print one JSON object and nothing else.
    """

    run: Positional[Path]
    planner: str = ""
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(replay, self)


def replay(args: Replay) -> int:
    """Read, decide again, compare."""
    from sim import scenes
    from skillblend.simulated import load_planner

    scene, records = read_trace(args.run)
    state = scenes.load(scene).state
    planner = load_planner(args.planner or planner_of(args.run))
    rows = [differences(planner, state, record) for record in records]
    if args.json:
        print(json_text({"decisions": len(rows), "same": sum(not row for row in rows), "differences": rows}))
    else:
        for number, (record, row) in enumerate(zip(records, rows, strict=True), start=1):
            print(f"{number}. {record['chosen']}: {'the same' if not row else '; '.join(row[:3])}")
    return 1 if any(rows) else 0


def planner_of(run: Path) -> str:
    """Name of the planner that made the decisions of a run; the default one's where its report does not say.

    Raises:
        InputError: The folder holds no report, or its planner is no name.
    """
    try:
        name = json.loads((run / "report.json").read_text()).get("planner") or DEFAULT_PLANNER
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{run} must hold the report.json of a run: {error!r}") from error
    if not isinstance(name, str):
        raise InputError(f"{run / 'report.json'}: planner {name!r} must be a name; give one with --planner")
    return name


def read_trace(run: Path) -> tuple[str, list[dict[str, Any]]]:
    """Scene and decisions of a run.

    Raises:
        InputError: The folder holds none.
    """
    try:
        scene = json.loads((run / "report.json").read_text())["scene"]
        records = [json.loads(line) for line in (run / "trace.jsonl").read_text().splitlines()]
        if not isinstance(scene, str):
            raise TypeError(f"scene {scene!r}")
        for record in records:
            _affordances(record)
            _steps(record, {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{run} must hold report.json and trace.jsonl of a run: {error!r}") from error
    return scene, records


def differences(planner: Planner, scene: SceneState, record: Mapping[str, Any]) -> list[str]:
    """What `planner` decides otherwise than in `record`, from the same history and affordances.

    Raises:
        InputError: The record names a step that is none in this scene.
    """
    from skillblend.options import ground_options

    known = {step.text: step for step in ground_options(scene)}
    try:
        history = _steps(record, known)
    except KeyError as error:
        raise InputError(f"the trace names the step {error}, which is no option in this scene") from error
    made = planner.decide(record["instruction"], scene, history, _affordances(record))
    return _compare(made, record)


def _affordances(record: Mapping[str, Any]) -> dict[str, float]:
    """Of the steps that move."""
    found = {option["step"]: float(option["affordance"]) for option in record["options"]}
    return {text: value for text, value in found.items() if text not in ("done", "refuse")}


def _steps(record: Mapping[str, Any], known: Mapping[str, Step]) -> list[tuple[Step, bool]]:
    """The history; without `known` steps it is only read."""
    past = [(str(entry["step"]), bool(entry["success"])) for entry in record["history"]]
    return [(named(text, known) or known[text], success) for text, success in past] if known else []


def _compare(made: Decision, record: Mapping[str, Any]) -> list[str]:
    then = {option["step"]: option for option in record["options"]}
    now = {option.step.text: option for option in made.options}
    if then.keys() != now.keys():
        return [f"other options: {sorted(then.keys() ^ now.keys())}"]
    found = [
        f"{name} of {text!r} was {then[text][name]!r}, is {getattr(option, name)!r}"
        for text, option in now.items()
        for name in ("lm_score", "affordance", "score")
        if then[text][name] != getattr(option, name)
    ]
    # A rule for plans may have turned the planner's choice, the option with the best product, into a refusal.
    if record["chosen"] not in (made.chosen.step.text, "refuse"):
        found.append(f"chosen was {record['chosen']!r}, is {made.chosen.step.text!r}")
    return found
