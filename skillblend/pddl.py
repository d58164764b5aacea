"""A scene's options as PDDL: what each step needs and what it changes, by the behaviours' own declarations.

Every option is an action without parameters. Preconditions are `Behaviour.needs`; what an action adds and deletes is
read off `Behaviour.effect`, which adds and deletes the same wherever it is done.

>>> problem = symbolic(scene, scene.facts)
>>> print(problem.domain(), problem.problem(goal), problem.plan(steps))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from skillblend.behaviours import BEHAVIOURS, Facts
from skillblend.contracts import SceneState, Step
from skillblend.errors import UnknownNameError
from skillblend.options import ENDS, effect, ground_options
from skillblend.predicates import parse

DOMAIN, PROBLEM = "skillblend", "instruction"
"""Names of the domain and of the problem."""


@dataclass(frozen=True, kw_only=True)
class SymbolicAction:
    """One option.

    Attributes:
        step: What it is.
        any_of: Sets of facts, one of which must hold whole; empty where nothing is needed.
        none_of: Facts of which none may hold.
        adds, deletes: What it makes true, and what it ends.
    """

    step: Step
    any_of: tuple[Facts, ...]
    none_of: Facts
    adds: Facts
    deletes: Facts


@dataclass(frozen=True, kw_only=True)
class Symbolic:
    """A scene in symbols.

    Attributes:
        actions: All options, ends left out.
        initial: What holds at the beginning.
    """

    actions: tuple[SymbolicAction, ...]
    initial: Facts

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Every fact that is ever spoken of."""
        return tuple(sorted(_spoken_of(self.actions) | self.initial))

    @cached_property
    def names(self) -> dict[str, str]:
        """Symbols of things, sides, amounts and steps, by what they are called."""
        words = [argument for fact in self.facts for argument in parse(fact).arguments]
        return _symbols([*dict.fromkeys(words), *(action.step.text for action in self.actions)])

    def domain(self) -> str:
        """The domain, with everything that is there as constants."""
        arities = {(p.name, len(p.arguments)) for p in map(parse, self.facts)}
        declared = [f"({name}{''.join(f' ?x{k}' for k in range(n))})" for name, n in sorted(arities)]
        constants = dict.fromkeys(self.names[a] for fact in self.facts for a in parse(fact).arguments)
        return "\n".join(
            [
                f"(define (domain {DOMAIN})",
                "  (:requirements :strips :negative-preconditions :disjunctive-preconditions)",
                f"  (:constants {' '.join(constants)})",
                f"  (:predicates {' '.join(declared)})",
                *(self._action(action) for action in self.actions),
                ")\n",
            ]
        )

    def problem(self, goal: Iterable[str]) -> str:
        """The problem to bring `goal` about."""
        wanted = " ".join(map(self._fact, sorted(goal)))
        begin = " ".join(map(self._fact, sorted(self.initial)))
        return f"(define (problem {PROBLEM})\n  (:domain {DOMAIN})\n  (:init {begin})\n  (:goal (and {wanted}))\n)\n"

    def plan(self, steps: Iterable[Step]) -> str:
        """`steps` as a plan, ends left out.

        Raises:
            UnknownNameError: One is no option here.
        """
        known = {action.step.text for action in self.actions}
        lines: list[str] = []
        for step in steps:
            if step.behaviour in ENDS:
                continue
            if step.text not in known:
                raise UnknownNameError("step", step.text, known)
            lines.append(f"({self.names[step.text]})\n")
        return "".join(lines)

    def _action(self, action: SymbolicAction) -> str:
        ways = [f"(and {' '.join(map(self._fact, sorted(facts)))})" for facts in action.any_of]
        needs = [f"(or {' '.join(ways)})"] if len(ways) > 1 else ways
        needs += [f"(not {self._fact(fact)})" for fact in sorted(action.none_of)]
        changes = [self._fact(fact) for fact in sorted(action.adds)]
        changes += [f"(not {self._fact(fact)})" for fact in sorted(action.deletes - action.adds)]
        return (
            f"  (:action {self.names[action.step.text]}\n    :parameters ()\n"
            f"    :precondition (and {' '.join(needs)})\n    :effect (and {' '.join(changes)}))"
        )

    def _fact(self, fact: str) -> str:
        predicate = parse(fact)
        return f"({' '.join([predicate.name, *(self.names[argument] for argument in predicate.arguments)])})"


def symbolic(scene: SceneState, initial: Facts) -> Symbolic:
    """`scene` in symbols, where `initial` holds at the beginning."""
    steps = [step for step in ground_options(scene) if step.behaviour not in ENDS]
    known: Facts = initial
    for step in steps:
        known |= effect(step, frozenset())
        known |= frozenset(fact for facts in BEHAVIOURS[step.behaviour].needs(step, scene).any_of for fact in facts)
    held = frozenset(fact for fact in known if fact.startswith("held("))
    actions = tuple(_action(step, scene, known, held) for step in steps)
    return Symbolic(actions=actions, initial=initial)


def goal_of(steps: Sequence[Step], initial: Facts) -> Facts:
    """What `steps` bring about that still holds after them."""
    facts, added = initial, frozenset[str]()
    for step in steps:
        facts, added = effect(step, facts), added | effect(step, frozenset())
    return facts & added


def _action(step: Step, scene: SceneState, known: Facts, held: Facts) -> SymbolicAction:
    needs = BEHAVIOURS[step.behaviour].needs(step, scene)
    return SymbolicAction(
        step=step,
        any_of=needs.any_of,
        none_of=held if needs.empty_hands else frozenset(),
        adds=effect(step, frozenset()),
        deletes=known - effect(step, known),
    )


def _spoken_of(actions: Sequence[SymbolicAction]) -> Facts:
    facts = [f for a in actions for f in (*a.any_of, a.none_of, a.adds, a.deletes)]
    return frozenset(fact for part in facts for fact in part)


def _symbols(words: Sequence[str]) -> dict[str, str]:
    """A symbol of its own for each of `words`."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for word in words:
        plain = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") or "thing"
        plain = plain if plain[0].isalpha() else f"n{plain}"
        symbol, number = plain, 2
        while symbol in taken or symbol in RESERVED:
            symbol, number = f"{plain}_{number}", number + 1
        taken.add(symbol)
        found[word] = symbol
    return found


RESERVED = frozenset(
    {"and", "or", "not", "when", "forall", "exists", "imply", "either", "object", "number", "define"}
)
"""Words that mean something in PDDL."""
