"""A file of instructions with the plans that carry them out, checked before anything is loaded for it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from skillblend.behaviours import BEHAVIOURS
from skillblend.errors import InputError
from skillblend.gold import Gold, parse_gold
from skillblend.options import DONE, REFUSE
from skillblend.predicates import parse
from skillblend.safety.instruction import check_text
from skillblend.safety.rules import InstructionRules


@dataclass(frozen=True, kw_only=True)
class Start:
    """How an instruction begins.

    Attributes:
        at: The thing that the robot stands at; empty for the scene's own start.
        holding: What it holds; empty for nothing.
        state: What else holds, as predicates.
    """

    at: str = ""
    holding: str = ""
    state: frozenset[str] = frozenset()

    @property
    def facts(self) -> frozenset[str]:
        """All of it as predicates."""
        place = {f"at({self.at})", f"facing({self.at})"} if self.at else set[str]()
        return self.state | place | ({f"held({self.holding})"} if self.holding else set[str]())


@dataclass(frozen=True, kw_only=True)
class Case:
    """One instruction.

    Attributes:
        id: Unique in its file.
        category: What it tries; "" where the file does not say.
        instruction: As typed.
        plans: Accepted plans, as texts of steps; none at all where it must be refused.
        gold: What it asks for, as predicates; None where the entry has plans instead.
        start: How it begins.
    """

    id: str
    category: str
    instruction: str
    plans: tuple[tuple[str, ...], ...] = ()
    gold: Gold | None = None
    start: Start = Start()


def read_file(path: Path) -> tuple[str | dict[str, Any], list[Any]]:
    """The scene (a name, a path, or itself) and entries of a file; what the entries hold is for `parse_cases`.

    Raises:
        InputError: Not such a file.
    """
    wanted = f"{path} must be JSON with 'scene' and 'instructions'"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{wanted}: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{wanted}: found {_kind(data)}; see tests/integration/instructions.json")
    found = cast("dict[str, Any]", data)
    scene, entries = found.get("scene"), found.get("instructions")
    if not isinstance(scene, str | dict):
        raise InputError(
            f"{wanted}: 'scene' is {_kind(scene)}, needed is the name of a scene, its path, or the scene"
        )
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{wanted}: 'instructions' is {_kind(entries)}, needed is a list that is not empty")
    return cast("str | dict[str, Any]", scene), cast("list[Any]", entries)


def parse_cases(entries: Sequence[Any], steps: Sequence[str], things: Sequence[str], source: Path) -> list[Case]:
    """The cases of a file's `entries`, in a scene of `things` where plans consist of `steps`.

    Raises:
        InputError: An entry is none, names a step that there is not, or has another's id.
    """
    cases = [_case(entry, i, steps, things, f"{source}: instructions[{i}]") for i, entry in enumerate(entries)]
    seen: dict[str, int] = {}
    for i, case in enumerate(cases):
        if case.id in seen:
            raise InputError(f"{source}: instructions[{i}] has the id {case.id!r} of instructions[{seen[case.id]}]")
        seen[case.id] = i
    return cases


def check_plan(plan: Sequence[str], steps: Sequence[str], place: str) -> None:
    """Refuse a plan that nobody can carry out: a misspelt step would count as a miss for ever.

    Raises:
        InputError: A step is none of `steps`.
    """
    for j, text in enumerate(plan):
        if text in steps:
            continue
        close = difflib.get_close_matches(text, steps, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "type `options` in the console to see them"
        raise InputError(f"{place}[{j}] is {text!r}, which is no step in this scene; {hint}")


def _case(entry: Any, number: int, steps: Sequence[str], things: Sequence[str], place: str) -> Case:
    if not isinstance(entry, Mapping):
        raise InputError(f"{place} is {_kind(entry)}, needed is an object with 'instruction' and 'plans'")
    found = cast("Mapping[str, Any]", entry)
    name, category = found.get("id", str(number)), found.get("category", "")
    if not isinstance(name, str) or not isinstance(category, str):
        raise InputError(f"{place}: 'id' and 'category' must be text, found {name!r} and {category!r}")
    place = f"{place} ({name})"
    try:
        instruction = check_text(found.get("instruction"), InstructionRules())
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    start = read_start(found.get("start", {}), things, f"{place}: start")
    if "plans" not in found:
        gold = needed(found, parse_gold(found, things, place), place)
        return Case(id=name, category=category, instruction=instruction, gold=gold, start=start)
    plans = _plans(found.get("plans"), steps, f"{place}: plans")
    refused = plans in ((), ((REFUSE.text,),))
    if found.get("refuse", refused) is not refused:
        raise InputError(f"{place}: 'refuse' is {found['refuse']!r}, but there are {len(plans)} plans: change one")
    return Case(id=name, category=category, instruction=instruction, plans=plans, start=start)


def needed(entry: Mapping[str, Any], gold: Gold, place: str) -> Gold:
    """`gold`, or that it has to be refused: as long as a behaviour that it ``needs`` does not exist.

    Raises:
        InputError: ``needs`` is no list of names.
    """
    names = entry.get("needs", [])
    if not _is_list(names) or not all(isinstance(name, str) and name for name in names):
        raise InputError(f"{place}: 'needs' is {_kind(names)}, needed is a list of behaviours such as 'pick_up'")
    return gold if all(name in BEHAVIOURS for name in names) else Gold(refuse=True)


def read_start(value: Any, things: Sequence[str], place: str) -> Start:
    """How an instruction begins.

    Raises:
        InputError: It means nothing in a scene of `things`.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{place} is {_kind(value)}, needed is an object with 'at', 'holding' or 'state'")
    found = cast("Mapping[str, Any]", value)
    unknown = sorted(set(found) - {"at", "holding", "state"})
    if unknown:
        raise InputError(f"{place} has {unknown[0]!r}; allowed are 'at', 'holding' and 'state'")
    for key in ("at", "holding"):
        name = found.get(key, "")
        if not isinstance(name, str) or (name and name not in things):
            raise InputError(f"{place}: {key!r} is {_kind(name)}, needed is one of {sorted(things)}")
    texts = found.get("state", [])
    if not _is_list(texts) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{place}: 'state' is {_kind(texts)}, needed is a list of predicates")
    try:
        state = frozenset(str(parse(text, things)) for text in cast("list[str]", texts))
    except InputError as error:
        raise InputError(f"{place}: state: {error}") from error
    return Start(at=found.get("at", ""), holding=found.get("holding", ""), state=state)


def _plans(found: Any, steps: Sequence[str], place: str) -> tuple[tuple[str, ...], ...]:
    if not _is_list(found) or not all(_is_list(plan) and all(isinstance(s, str) for s in plan) for plan in found):
        raise InputError(
            f"{place} is {_kind(found)}, needed is a list of plans, each a list of steps; an empty list for an "
            f"instruction that must be refused"
        )
    plans = tuple(tuple(plan) for plan in cast("list[list[str]]", found))
    for k, plan in enumerate(plans):
        check_plan(plan, steps, f"{place}[{k}]")
        if DONE.text in plan or REFUSE.text in plan[:-1]:
            raise InputError(f"{place}[{k}] names 'done', or 'refuse' before its end: leave out what follows no step")
    return plans


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _kind(value: Any) -> str:
    """What was found, short enough for a message."""
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
