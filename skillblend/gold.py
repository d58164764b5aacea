"""What an instruction asks for, as state predicates in time; and whether what happened is that.

An entry of an instructions file holds ``goals``: any one of them suffices. A goal's ``final`` predicates hold at the
end, those of its ``sequence`` happened in this order; no predicate of ``never`` may ever become true.

>>> goals = [{"sequence": ["pressed(button)", "at(red marker)"]}]
>>> gold = parse_gold({"goals": goals, "never": ["at(shelf)"]}, things, "")
>>> story = Story(frozenset())
>>> story.add(effect(step, story.now), effect(step, frozenset()), scene)  # after each step
>>> gold.verdict(story)
Judged(right=True, reason='pressed(button), then at(red marker)')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from skillblend.contracts import SceneState
from skillblend.errors import InputError
from skillblend.predicates import GEOMETRIC, Predicate, holds, parse

TOLERANCE, LEAST = 0.25, 0.2
"""An amount is right to this share of it, and to this much anyhow."""

_AMOUNTS = ("moved", "stood")
"""Predicates with a number; pieces of the same that follow one another add up."""

_BY_POSE = ("on", "in", "held", "closed", "open")
"""Predicates that poses tell better than what steps are said to change; being at a thing is the verdict's to say."""


@dataclass(frozen=True, kw_only=True)
class GoldGoal:
    """One way to be right.

    Attributes:
        final: Hold at the end.
        sequence: Became true in this order.
    """

    final: tuple[Predicate, ...] = ()
    sequence: tuple[Predicate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Whether an instruction was carried out, and why."""

    right: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Gold:
    """What an instruction asks for.

    Attributes:
        goals: Any one of them suffices.
        never: None of these may become true after the beginning.
        refuse: It must be refused before anything moves.
        ask: It must be asked about; in a program that is a refusal before anything moves.
    """

    goals: tuple[GoldGoal, ...] = ()
    never: tuple[Predicate, ...] = ()
    refuse: bool = False
    ask: bool = False

    def verdict(self, story: Story, *, refused: bool = False, fell: bool = False) -> Judged:
        """Whether `story` is what was asked for."""
        if fell:
            return Judged(right=False, reason="the robot fell")
        if self.refuse or self.ask:
            good = refused and len(story.moments) == 1
            wanted = "asked about" if self.ask else "refused"
            return Judged(right=good, reason=wanted if good else f"had to be {wanted} before anything moved")
        if refused:
            return Judged(right=False, reason="refused")
        for predicate in self.never:
            if any(moment.new(predicate) for moment in story.moments[1:]):
                return Judged(right=False, reason=f"{predicate} must never be")
        failures = [goal_missing(goal, story) for goal in self.goals]
        if "" in failures:
            return Judged(right=True, reason=_told(self.goals[failures.index("")]))
        return Judged(right=False, reason=min(failures, key=len))


@dataclass(frozen=True, kw_only=True)
class StoryMoment:
    """What held after a step, and what it made true.

    Attributes:
        facts: All that held.
        events: What became true, or happened again, with this step.
        scene: The things as they were; None where nothing moved.
    """

    facts: frozenset[str]
    events: frozenset[str]
    scene: SceneState | None = None

    def holds(self, predicate: Predicate) -> bool:
        """Whether `predicate` held then."""
        told = self.scene is not None and predicate.name in _BY_POSE and predicate.name in GEOMETRIC
        if told and self.scene is not None and _posed(predicate, self.scene):
            return holds(self.scene, predicate)
        return any(_same(predicate, fact) for fact in self.facts)

    def new(self, predicate: Predicate) -> bool:
        """Whether `predicate` became true with this step, or happened again."""
        if predicate.name in _BY_POSE:
            return self.holds(predicate)
        return any(_same(predicate, event) for event in self.events)


class Story:
    """What happened, step by step.

    Attributes:
        moments: The beginning, then one after each step.
    """

    def __init__(self, facts: frozenset[str] = frozenset(), scene: SceneState | None = None) -> None:
        """Begin with what holds."""
        self.moments = [StoryMoment(facts=facts, events=frozenset(), scene=scene)]

    @property
    def now(self) -> frozenset[str]:
        """What holds."""
        return self.moments[-1].facts

    def add(self, facts: frozenset[str], happened: frozenset[str], scene: SceneState | None = None) -> None:
        """A step is over.

        Args:
            facts: What holds now.
            happened: What the step made true, even where it was true before.
            scene: The things as they are; None where nothing moves.
        """
        before, events = self.moments[-1], happened
        sums = frozenset(_summed(event, before.events) for event in events)
        self.moments.append(StoryMoment(facts=facts | sums, events=events | sums, scene=scene))


def goal_missing(goal: GoldGoal, story: Story) -> str:
    """What of `goal` did not come about; empty where all did."""
    at, last = 0, None
    for predicate in goal.sequence:
        first = at + 1 if predicate == last else at
        found = next((k for k in range(first, len(story.moments)) if story.moments[k].new(predicate)), None)
        if found is None and first == 0 and story.moments[0].holds(predicate):
            found = 0
        if found is None:
            return f"{predicate} did not happen" + (" in this order" if _ever(predicate, story) else "")
        at, last = found, predicate
    for predicate in goal.final:
        if not story.moments[-1].holds(predicate):
            return f"{predicate} does not hold at the end"
    return ""


def parse_gold(entry: Mapping[str, Any], things: Sequence[str], place: str) -> Gold:
    """What an entry of an instructions file asks for.

    Args:
        entry: With ``goals``, ``never``, ``refuse`` and ``ask``, each as it may be left out.
        things: Names in the scene.
        place: Where the entry stands, for messages.

    Raises:
        InputError: It says nothing, or something that means nothing.
    """
    refuse, ask = _flag(entry, "refuse", place), _flag(entry, "ask", place)
    goals = tuple(
        _goal(value, things, f"{place}: goals[{k}]") for k, value in enumerate(_list(entry, "goals", place))
    )
    if bool(goals) == (refuse or ask):
        raise InputError(f"{place}: give 'plans', 'goals', 'refuse' or 'ask', and just one of them")
    return Gold(goals=goals, never=_predicates(entry, "never", things, place), refuse=refuse, ask=ask)


def _goal(value: Any, things: Sequence[str], place: str) -> GoldGoal:
    if not isinstance(value, Mapping):
        raise InputError(f"{place} is {value!r}, needed is an object with 'final' or 'sequence'")
    found = cast("Mapping[str, Any]", value)
    unknown = sorted(set(found) - {"final", "sequence"})
    if unknown:
        raise InputError(f"{place} has {unknown[0]!r}; allowed are 'final' and 'sequence'")
    goal = GoldGoal(
        final=_predicates(found, "final", things, place), sequence=_predicates(found, "sequence", things, place)
    )
    if not goal.final and not goal.sequence:
        raise InputError(f"{place} asks for nothing; give 'final' or 'sequence' a predicate")
    return goal


def _predicates(entry: Mapping[str, Any], key: str, things: Sequence[str], place: str) -> tuple[Predicate, ...]:
    found: list[Predicate] = []
    for k, text in enumerate(_list(entry, key, place)):
        if not isinstance(text, str):
            raise InputError(f"{place}: {key}[{k}] is {text!r}, needed is text such as 'at(red marker)'")
        try:
            found.append(parse(text, things))
        except InputError as error:
            raise InputError(f"{place}: {key}[{k}]: {error}") from error
    return tuple(found)


def _list(entry: Mapping[str, Any], key: str, place: str) -> list[Any]:
    value: Any = entry.get(key, [])
    if not isinstance(value, list):
        raise InputError(f"{place}: {key!r} is {value!r}, needed is a list")
    return cast("list[Any]", value)


def _flag(entry: Mapping[str, Any], key: str, place: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise InputError(f"{place}: {key!r} is {value!r}, needed is true or false")
    return value


def _posed(predicate: Predicate, scene: SceneState) -> bool:
    return all(name in scene.names and scene.thing(name).pose is not None for name in predicate.arguments)


def _same(wanted: Predicate, fact: str) -> bool:
    """Whether `fact` is what is `wanted`; amounts to their tolerance, longer standing is standing too."""
    found = parse(fact)
    if found.name != wanted.name or len(found.arguments) != len(wanted.arguments):
        return False
    if wanted.name not in _AMOUNTS:
        return found == wanted
    asked, got = float(wanted.arguments[-1]), float(found.arguments[-1])
    slack = max(TOLERANCE * asked, LEAST)
    enough = got >= asked - slack if wanted.name == "stood" else abs(got - asked) <= slack
    return found.arguments[:-1] == wanted.arguments[:-1] and enough


def _summed(event: str, before: frozenset[str]) -> str:
    """`event` with what the step before added to the same amount."""
    found = parse(event)
    if found.name not in _AMOUNTS:
        return event
    same = [parse(text) for text in before if text.startswith(f"{found.name}(")]
    added = max((float(p.arguments[-1]) for p in same if p.arguments[:-1] == found.arguments[:-1]), default=0.0)
    total = float(found.arguments[-1]) + added
    return str(Predicate(found.name, (*found.arguments[:-1], f"{total:g}")))


def _ever(predicate: Predicate, story: Story) -> bool:
    return any(moment.new(predicate) for moment in story.moments)


def _told(goal: GoldGoal) -> str:
    order = ", then ".join(map(str, goal.sequence))
    end = " and ".join(map(str, goal.final))
    return "; at the end ".join(part for part in (order, end) if part)
