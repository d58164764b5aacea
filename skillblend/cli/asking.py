"""``skillblend eval asking``: whether what was meant is among what stays, and how often it takes a question."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tyro.conf import Positional

from skillblend.cases import parse_cases, read_file, read_start
from skillblend.checks import check_integer
from skillblend.cli.instructions import scene_at
from skillblend.cli.output import check_file, keep_earlier, show_result
from skillblend.errors import InputError, UnknownNameError
from skillblend.files import json_text, write_json
from skillblend.options import ground_options

if TYPE_CHECKING:
    from planners.grounding.asked import Reader
    from planners.grounding.persons import Unclear
    from sim.scene import Scene

CONTEXTS = ("", "here", "held", "doable", "said")
"""What may point to the thing that an entry means."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalAsking:
    """Measure when the planners' reader asks what a word means; nothing moves.

    Attributes:
        clear: Files as `eval instructions` takes them; how often is asked about what has goals.
        unclear: JSON with "scenes" by name and "instructions", each with the thing that it "means".
        generated: How many generated unclear instructions.
        seed: Of those; 0 drew what was calibrated on.
        out: Where a JSON report goes.
        json: Print one JSON object and nothing else.
    """

    clear: Positional[tuple[Path, ...]] = ()
    unclear: Path | None = None
    generated: int = 1000
    seed: int = 1
    out: Path = Path("runs/asking.json")
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            InputError: A number is out of range.
        """
        check_integer("generated", self.generated, 0, 100_000)
        check_integer("seed", self.seed, 1, 2**31)
        return partial(eval_asking, self)


def eval_asking(args: EvalAsking) -> int:
    """Tell coverage and questions for each kind of instructions."""
    from planners.grounding.asked import Reader, figures, generated

    check_file(args.out)
    written = [] if args.unclear is None else read_unclear(args.unclear)
    clear = [(path, _clear(path)) for path in args.clear]
    reader, found = Reader(), dict[str, Any]()
    if args.generated:
        found["generated"] = figures(generated(reader, args.generated, args.seed)) | {"seed": args.seed}
    if written:
        heard = [reader.hear(said) for said in written]
        missed = [said.instruction for said, h in zip(written, heard, strict=True) if not h.covered]
        found["written"] = figures(heard) | {"missed": missed}
    if clear:
        found["clear"] = {str(path): _asked(reader, cases) for path, cases in clear}
    if not found:
        raise InputError("nothing to measure; give --generated, --unclear or a file of clear instructions")
    keep_earlier(args.out)
    write_json(args.out, found)
    if args.json:
        print(json_text(found))
    else:
        show_result(found, args.json)
    return 0


_Clear = list[tuple[str, Any]]


def _clear(path: Path) -> _Clear:
    """Instructions of a file that have goals, with the scene as they find it."""
    place, entries = read_file(path)
    where = _scene(place)
    state = where.state
    cases = parse_cases(entries, [step.text for step in ground_options(state)], state.names, path)
    good = [case for case in cases if case.plans or (case.gold is not None and case.gold.goals)]
    return [(case.instruction, scene_at(state, case.start)) for case in good]


def _asked(reader: Reader, cases: _Clear) -> dict[str, Any]:
    asked = [text for text, scene in cases if reader.asks(text, scene)]
    return {"count": len(cases), "asked": len(asked), "instructions": asked}


def _scene(place: Any) -> Scene:
    from sim import scenes
    from sim.scene_file import parse_scene

    return scenes.load(place) if isinstance(place, str) else parse_scene(place, name="inline")


def read_unclear(path: Path) -> list[Unclear]:
    """Instructions of which a word fits several things.

    Raises:
        InputError: Not such a file.
        UnknownNameError: An entry names a scene or a thing that there is not.
    """
    from planners.grounding.persons import Unclear

    wanted = f"{path} must be JSON with 'scenes' and 'instructions'"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{wanted}: {error}") from error
    held = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    places, entries = held.get("scenes"), held.get("instructions")
    if not isinstance(places, dict) or not isinstance(entries, list) or not entries:
        raise InputError(f"{wanted}; see planners/data/tuning/ambiguous.json")
    states = {name: _scene(place).state for name, place in cast("dict[str, Any]", places).items()}
    found: list[Unclear] = []
    for number, value in enumerate(cast("list[Any]", entries)):
        at = f"{path}: instructions[{number}]"
        if not isinstance(value, dict):
            raise InputError(f"{at} is {value!r}, needed is an object")
        entry = cast("Mapping[str, Any]", value)
        text, means, context, scene = (entry.get(key) for key in ("instruction", "means", "context", "scene"))
        if not isinstance(text, str) or not text.strip() or context not in CONTEXTS:
            raise InputError(f"{at} needs an 'instruction' that says something and a 'context' among {CONTEXTS}")
        if scene not in states:
            raise UnknownNameError("scene", str(scene), states)
        state = states[scene]
        if means not in state.names:
            raise UnknownNameError("object", str(means), state.names)
        start = read_start(entry.get("start", {}), state.names, f"{at}: start")
        found.append(Unclear(instruction=text, scene=scene_at(state, start), means=str(means), context=str(context)))
    return found
