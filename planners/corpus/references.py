"""Somebody who asks for things: scenes, names, references and single actions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planners.corpus.lookup import step_of
from planners.corpus.phrases import (
    distances,
    moves,
    new_verbs,
    phrase_table,
    phrases,
    plan_of,
    said,
    things_of,
    verbs,
)
from planners.corpus.sentences import Action, inflect
from skillblend.contracts import SceneState, Thing
from skillblend.options import ground_options

Rng = np.random.Generator
TOUCHABLE = ("table", "shelf", "box")
BEHAVIOUR = {"walk": "walk_to", "press": "press", "touch": "touch"}
"""Behaviours with an object, by the first word of their options."""

KINDS = ("marker", "button", "table", "shelf", "box")


def pick(rng: Rng, items: Sequence[str]) -> str:
    """One of `items`."""
    return items[int(rng.integers(len(items)))]


def sample_name(rng: Rng, kind: str) -> str:
    """A name such as "button", "red marker" or "oak cupboard"."""
    noun = pick(rng, phrase_table("nouns")[kind])
    draw = rng.random()
    if kind == "marker":
        return f"{pick(rng, phrases('colours'))} {noun}" if draw < 0.75 else noun
    if draw < 0.45:
        return noun
    if draw < 0.75:
        return f"{pick(rng, phrases('colours'))} {noun}"
    return f"{pick(rng, phrases('materials' if draw < 0.9 else 'adjectives'))} {noun}"


def plain_name(rng: Rng, kind: str) -> str:
    """A name made of the kind and mostly a colour: "red marker", "button", "wooden table"."""
    draw = rng.random()
    if kind == "marker":
        return f"{pick(rng, phrases('colours')[:6])} marker" if draw < 0.85 else kind
    if draw < 0.6:
        return kind
    coloured = draw < 0.85 or kind == "button"
    return f"{pick(rng, phrases('colours')[:8] if coloured else phrases('materials'))} {kind}"


def sample_scene(rng: Rng) -> tuple[Thing, ...]:
    """Two to seven objects with distinct names, in random order; half of the scenes have plain names."""
    things: dict[str, Thing] = {}
    name_of = plain_name if rng.random() < 0.5 else sample_name
    for _ in range(int(rng.integers(2, 8))):
        kind = pick(rng, KINDS + ("marker", "button"))
        name = name_of(rng, kind)
        things.setdefault(name, Thing(name=name, kind=kind))
    return tuple(things.values())


class Speaker:
    """Somebody who asks for things in one scene.

    Args:
        rng: The only source of randomness.
        objects: What is there.
    """

    def __init__(self, rng: Rng, objects: Sequence[Thing]) -> None:
        self.rng = rng
        self.objects = tuple(objects)
        self.texts = {step.text for step in ground_options(SceneState(things=self.objects))}

    def choose(self, items: Sequence[str]) -> str:
        """One of `items`."""
        return pick(self.rng, items)

    def chance(self, probability: float) -> bool:
        """True with `probability`."""
        return bool(self.rng.random() < probability)

    def thing(self, *kinds: str) -> Thing | None:
        """An object of one of `kinds` (of any kind without argument), None if there is none."""
        found = [thing for thing in self.objects if not kinds or thing.kind in kinds]
        return found[int(self.rng.integers(len(found)))] if found else None

    def short(self, thing: Thing) -> str:
        """Name, or a shorter one that can only mean this object."""
        if self.chance(0.7):
            return thing.name
        shorter = [thing.kind] if thing.kind not in thing.name.split() else []
        words = thing.name.split()
        shorter += [" ".join(words[i:]) for i in range(1, len(words))]
        others = [other for other in self.objects if other is not thing]
        clear = [
            text
            for text in shorter
            if not any(text == o.kind or set(text.split()) & set(o.name.split()) for o in others)
        ]
        return self.choose(clear) if clear else thing.name

    def synonym(self, thing: Thing) -> str:
        """The name with another noun, "red spot", or by what it is made of; the name where that is unclear."""
        described, _, noun = thing.name.rpartition(" ")
        others = {word for o in self.objects if o is not thing for word in (*o.name.split(), o.kind)}
        made_of = phrase_table("made_of").get(described)
        if made_of and self.chance(0.4):
            return f"{noun} made of {made_of[0]}"
        word = self.choose(phrase_table("synonyms")[thing.kind])
        if noun != thing.kind or set(word.split()) & others or (not described and thing.kind in others):
            return thing.name
        return f"{described} {word}".strip()

    def refer(self, thing: Thing) -> str:
        """The object as somebody would mention it: "the red marker", "that marker over there"."""
        name = self.synonym(thing) if self.chance(0.08) else self.short(thing)
        draw = self.rng.random()
        if draw < 0.8:
            text = f"the {name}"
        elif draw < 0.88:
            text = f"that {name}"
        else:
            text = name
        if thing.kind == "button" and self.chance(0.06):
            return text + self.choose((" on the wall", " over there", " on the left", " by the door"))
        return text + self.choose((" over there", " in the room", " there", " ahead")) if self.chance(0.03) else text

    def state(self, verb: str, target: str) -> str:
        """What holds once `verb` has been done to `target`."""
        return self.choose(said(BEHAVIOUR[verb], "states")).format(o=target)

    def goto(self, thing: Thing) -> Action:
        """Walking to `thing`."""
        target = self.refer(thing)
        return inflect(
            self.choose(said("walk_to", "say")).format(o=target),
            [f"walk to the {thing.name}"],
            target,
            self.state("walk", target),
        )

    def press(self, thing: Thing) -> Action:
        """Pressing a button, which takes walking to it."""
        target = self.refer(thing)
        steps = [f"walk to the {thing.name}", f"press the {thing.name}"]
        return inflect(self.choose(said("press", "say")).format(o=target), steps, target, self.state("press", target))

    def touch(self, thing: Thing) -> Action:
        """Touching a table, shelf or box, which takes walking to it."""
        target = self.refer(thing)
        steps = [f"walk to the {thing.name}", f"touch the {thing.name}"]
        return inflect(self.choose(said("touch", "say")).format(o=target), steps, target, self.state("touch", target))

    def act_on(self, thing: Thing) -> Action:
        """Something that a skill can do with `thing`."""
        if thing.kind == "button" and self.chance(0.72):
            return self.press(thing)
        if thing.kind in TOUCHABLE and self.chance(0.5):
            return self.touch(thing)
        return self.goto(thing)

    def straight(self) -> Action:
        """A walk over a distance, forward or back, made of the steps that exist."""
        forward = self.chance(0.6)
        metres = float(self.rng.choice([0.5, 1.0, 1.5, 2.0, 3.0, 4.0], p=[0.22, 0.3, 0.1, 0.26, 0.08, 0.04]))
        if not forward and metres > 3.0:
            metres = 3.0
        phrase = self.choose(said("walk", "forward" if forward else "backward")).format(
            d=self.choose(distances()[str(metres)])
        )
        return inflect(phrase, split_distance(metres, forward=forward))

    def move(self) -> Action:
        """A move without an object."""
        if self.chance(0.3):
            return self.straight()
        text = self.choose(tuple(moves("say")))
        side = self.choose(("left", "right"))
        clock = "counterclockwise" if side == "left" else "clockwise"
        if side == "left" and self.chance(0.4):
            clock = self.choose(("anticlockwise", "counter-clockwise"))
        action = inflect(self.choose(moves("say")[text]).format(s=side, c=clock), [text.format(s=side)])
        if text.startswith(("turn", "step", "raise")) and self.chance(0.06):
            return self.repeated(action)
        return action

    def repeated(self, action: Action) -> Action:
        """`action` two or three times; only its last step is repeated."""
        times = int(self.rng.integers(2, 4))
        words = self.choose({2: ("twice", "two times", "2 times"), 3: ("three times", "3 times", "thrice")}[times])
        return Action(
            steps=(*action.steps[:-1], *(action.steps[-1:] * times)),
            imperative=f"{action.imperative} {words}",
            gerund=f"{action.gerund} {words}",
            participle=f"{action.participle} {words}",
            target=action.target,
        )

    def by_verb(self, *, possible: bool) -> Action | None:
        """Something asked for by a verb's file alone, and whether the things here are such that it can be done.

        None where nothing of the kind was found.
        """
        if not new_verbs():
            return None
        verb = self.choose(new_verbs())
        plan = plan_of(verb)
        count = things_of(verb)
        use = ("alone", "object", "two")[count]
        if use not in verbs()[verb]["words"] or len(self.objects) < count:
            return None
        phrase = self.choose(said(verb, use))
        for _ in range(8):
            shuffled: list[int] = self.rng.permutation(len(self.objects)).tolist()
            things = [self.objects[k] for k in shuffled[:count]]
            steps = [
                step_of(name, [k if isinstance(k, str) else things[k].name for k in arguments], self.objects)
                for name, arguments in plan
            ]
            texts = [step.text for step in steps if step is not None]
            if (len(texts) == len(steps)) is possible:
                names = [self.refer(thing) for thing in things]
                words = phrase.format(**dict(zip("ox", names, strict=False)))
                self.texts.update(texts)
                return inflect(words, texts if possible else (), names[0] if names else "")
        return None

    def action(self) -> Action:
        """Anything that can be done here."""
        if new_verbs() and self.chance(0.3):
            action = self.by_verb(possible=True)
            if action is not None:
                return action
        thing = self.thing()
        if thing is None or self.chance(0.3):
            return self.move()
        action = self.act_on(thing)
        if action.steps[-1].startswith("press") and self.chance(0.04):
            return self.repeated(action)
        return action


def split_distance(metres: float, *, forward: bool) -> list[str]:
    """The fewest walking options that add up to `metres`, longest first."""
    sizes = ((2.0, "two metres"), (1.0, "one metre"), (0.5, "half a metre"))
    steps: list[str] = []
    for size, words in sizes if forward else sizes[1:]:
        while metres >= size - 1e-9:
            steps.append(f"walk {'forward' if forward else 'backward'} {words}")
            metres -= size
    return steps


def join_steps(actions: Sequence[Action]) -> tuple[str, ...]:
    """Steps of `actions` in order; a walk to where the robot already stands is not repeated."""
    steps: list[str] = []
    here = ""
    for action in actions:
        for text in action.steps:
            if text.startswith("walk to the "):
                if text == here:
                    continue
                here = text
            elif text.startswith(("walk", "step")):
                here = ""
            steps.append(text)
    return tuple(steps)
