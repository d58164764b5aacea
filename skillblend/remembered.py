"""What is remembered of an instruction that was carried out, and how that stands in a row of a table.

Rows are checked when they are read: text and counts are all that they may hold, and a plan is one of behaviours that
exist. Whether its steps are possible somewhere is for whoever uses it to see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, cast

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Decision, SceneState, Step, Thing
from skillblend.files import json_text
from skillblend.intervals import wilson_interval
from skillblend.options import ENDS
from skillblend.predicates import OPEN, SHUT, Predicate, holds

LONGEST, MOST_STEPS, MOST_THINGS = 2000, 32, 200
"""Characters of a text, steps of a plan and things of a scene that an entry may have."""

COLUMNS = (
    "number", "instruction", "request", "robot", "scene", "plan", "verdicts", "judge", "time", "code", "carried_out",
    "successes", "failures",
)  # fmt: skip
TEXTS, COUNTS = COLUMNS[1:10], ("number", *COLUMNS[10:])
"""Of a row: all of them, those that are text (scene, plan and verdicts as JSON), and those that are counts."""


@cache
def least_share(successes: int, total: int) -> float:
    """Lower end of the 95% Wilson interval of a share."""
    return wilson_interval(successes, total)[0]


@dataclass(frozen=True, kw_only=True)
class SceneSignature:
    """What of a scene a plan hangs on.

    Attributes:
        things: Name and kind of all things, sorted.
        facts: What is held, open, closed, and where what can be moved lies, as predicates, sorted.
    """

    things: tuple[tuple[str, str], ...]
    facts: tuple[str, ...] = ()

    def likeness(self, other: SceneSignature) -> float:
        """Share of things and facts that both have, of those that one has; 1 for equal scenes."""
        mine, theirs = {*self.things, *self.facts}, {*other.things, *other.facts}
        return len(mine & theirs) / max(len(mine | theirs), 1)

    def about(self, names: Sequence[str]) -> tuple[str, ...]:
        """Facts about one of `names`, and those of what is held, whatever it is."""
        return tuple(f for f in self.facts if f.startswith("held(") or any(name in f for name in names))


def signature_of(scene: SceneState) -> SceneSignature:
    """The signature of a scene with N = 1."""
    fixed = {thing.name for thing in scene.things if thing.motion != "free"}
    facts = {fact for fact in scene.facts if _place_of(fact) not in fixed}
    for thing in scene.things:
        if thing.openness is not None and float(thing.openness[0]) >= OPEN:
            facts.add(f"open({thing.name})")
        elif thing.openness is not None and float(thing.openness[0]) <= SHUT:
            facts.add(f"closed({thing.name})")
        if thing.held is not None and bool(thing.held[0]):
            facts.add(f"held({thing.name})")
        if thing.motion == "free" and thing.pose is not None:
            facts |= _supports(thing, scene)
    return SceneSignature(
        things=tuple(sorted((thing.name, thing.kind) for thing in scene.things)), facts=tuple(sorted(facts))
    )


def _place_of(fact: str) -> str:
    """Of what `fact` says where it lies; "" where it says something else."""
    name, _, about = fact.partition("(")
    return about.split(",")[0] if name in ("on", "in") else ""


def _supports(thing: Thing, scene: SceneState) -> set[str]:
    """Where a thing lies."""
    others = [other.name for other in scene.things if other.name != thing.name and other.pose is not None]
    found = (Predicate(how, (thing.name, name)) for how in ("on", "in") for name in others)
    return {str(predicate) for predicate in found if holds(scene, predicate)}


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """An instruction that was carried out.

    Attributes:
        instruction: As typed.
        request: As it was read: in the scene's names and the options' amounts, without what it forbids.
        scene: Where.
        plan: The steps, all of which succeeded.
        verdicts: The judge's words on each.
        robot: Whom; "" where a plan was judged and nothing moved.
        judge: What verified it.
        code: Commit of the program.
        time: When it was last carried out, UTC, ISO 8601.
        number: In its store; 0 before.
        carried_out: How often, without having been remembered.
        successes, failures: How often it was used, by how that ended.
    """

    instruction: str
    request: str
    scene: SceneSignature
    plan: tuple[Step, ...]
    verdicts: tuple[str, ...]
    robot: str
    judge: str
    code: str = ""
    time: str = ""
    number: int = 0
    carried_out: int = 1
    successes: int = 0
    failures: int = 0

    @property
    def uses(self) -> int:
        """How often it was used."""
        return self.successes + self.failures

    @property
    def times(self) -> int:
        """How often the plan was carried out with success."""
        return self.carried_out + self.successes

    @property
    def trust(self) -> float:
        """Probability that it works once more: the mean of a Beta distribution that was uniform before."""
        return (self.times + 1) / (self.times + self.failures + 2)

    @property
    def utility(self) -> float:
        """Lower end of the 95% Wilson interval of the share of successes."""
        return least_share(self.times, self.times + self.failures)

    @property
    def misleads(self) -> bool:
        """Whether its use ends in failure more often than in success."""
        return least_share(self.failures, self.uses) > 0.5

    def line(self) -> str:
        """For a list."""
        steps, used = ", ".join(step.text for step in self.plan), f"{self.successes} of {self.uses}"
        return f"  {self.number}. {self.instruction!r}: {steps} (carried out {self.times} times, used well {used})"


class Remembers(Protocol):
    """Whatever keeps what was carried out, as a console knows it."""

    def learn(
        self, instruction: str, scene: SceneState, steps: Sequence[Mapping[str, Any]], decisions: Sequence[Decision],
        *, success: bool,
    ) -> str:  # fmt: skip
        """Take in how an instruction went that began in `scene`; what there is to say about it."""
        ...

    def mistaken(self, instruction: str) -> None:
        """What was taken in last, where that was `instruction`, is not what somebody meant."""
        ...

    def lines(self) -> list[str]:
        """All that is kept, for people."""
        ...

    def forget(self, number: int) -> str:
        """Drop one; what there is to say about it."""
        ...


def row_of(entry: Remembered) -> tuple[Any, ...]:
    """The row that an entry is, in the order of `COLUMNS`."""
    scene = json_text({"things": entry.scene.things, "facts": entry.scene.facts})
    plan = json_text([[step.text, step.behaviour, *step.arguments] for step in entry.plan])
    return (
        entry.number, entry.instruction, entry.request, entry.robot, scene, plan, json_text(entry.verdicts),
        entry.judge, entry.time, entry.code, entry.carried_out, entry.successes, entry.failures,
    )  # fmt: skip


def entry_of(row: Sequence[Any]) -> Remembered | None:
    """The entry that a row of the table is; None where it is none, or names what no longer exists."""
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    if not all(isinstance(values[name], str) for name in TEXTS):
        return None
    if not all(type(values[name]) is int and 0 <= values[name] < 2**31 for name in COUNTS):
        return None
    if not values["request"] or max(len(values[name]) for name in ("instruction", "request", "judge")) > LONGEST:
        return None
    scene, plan, verdicts = (
        _scene(values.pop("scene")),
        _plan(values.pop("plan")),
        _strings(_parsed(values.pop("verdicts"))),
    )
    if scene is None or not plan or verdicts is None or len(verdicts) != len(plan):
        return None
    return Remembered(scene=scene, plan=plan, verdicts=verdicts, **values)


def _parsed(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _strings(found: Any) -> tuple[str, ...] | None:
    if not isinstance(found, list) or not all(_is_text(value) for value in cast("list[Any]", found)):
        return None
    return tuple(cast("list[str]", found))


def _scene(text: str) -> SceneSignature | None:
    found: Any = _parsed(text)
    if not isinstance(found, dict) or set(cast("dict[str, Any]", found)) != {"things", "facts"}:
        return None
    things = _lists(cast("dict[str, Any]", found)["things"], MOST_THINGS)
    facts = _strings(cast("dict[str, Any]", found)["facts"])
    if facts is None or things is None or any(len(pair) != 2 for pair in things):
        return None
    return SceneSignature(things=tuple((name, kind) for name, kind in things), facts=facts)


def _plan(text: str) -> tuple[Step, ...]:
    """The steps; none where one is no step, or one of a behaviour that does not exist."""
    rows = _lists(_parsed(text), MOST_STEPS) or []
    if any(len(row) < 2 or row[1] in ENDS or row[1] not in BEHAVIOURS for row in rows):
        return ()
    return tuple(Step(text=row[0], behaviour=row[1], arguments=row[2:]) for row in rows)


def _lists(found: Any, most: int) -> list[tuple[str, ...]] | None:
    """Lists of texts, at most so many; None where it is none of that."""
    if not isinstance(found, list) or len(cast("list[Any]", found)) > most:
        return None
    rows = [_strings(row) for row in cast("list[Any]", found)]
    return [row for row in rows if row is not None] if None not in rows else None
