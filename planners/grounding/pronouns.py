"""Words that point: "it", "them", "here"; and how several names are said in one breath."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners import rx
from skillblend.contracts import SceneState, Thing
from skillblend.predicates import at

_IT = re.compile(
    r"(?<![\w'])(touch|touching|press|pressing|push|pushing|tap|tapping|hit|feel|feeling|approach|to|at|on|onto|"
    r"near|by|beside|visit|reach|poke|pat|ring|pick|picking|lift|lifting|grab|grabbing|take|taking|carry|carrying|"
    r"bring|"
    r"bringing|put|putting|place|placing|set|setting|lay|laying|drop|dropping|throw|throwing|toss|tossing|move|"
    r"moving|"
    r"deliver|delivering|kick|kicking|close|closing|shut|shutting|shove|shoving|hoist|collect|fetch|leave|stack|"
    r"stick|pop|stow|tuck|bin|trash|discard|sling|fling|hold|in|into|inside|deposit|transfer|return|slap|slapping|"
    r"smack|"
    r"keep|keeping|knock|thump|whack|punch|strike|bump|prod|jab|stroke|stroking|rub|brush|brushing|graze|give|"
    r"giving|hand|handing|"
    r"pass|passing|offer|offering|with|get|getting|nudge|budge|ease|edge|inch|slide|welly|boot|punt|shoot|hoof|"
    r"swing|up|down|over|"
    r"rid of|hold of|onto|chuck|dump|ditch|bung|plonk|shift|haul|lug|relocate|lob|drag|pull|boop|thwack|off|of|use) "
    r"(it|them|that one|this one|that(?= ?(?:[,.;:!?]|$)| (?:and|as well|too|then)\b))(?![\w'])"
)
_LOAD = re.compile(
    r"\b(?:(?:what|whatever|the (?:thing|object|stuff|item)(?: that)?|that which|that thing) (?:you're|you are|"
    r"you've|you have|you|ur|u) "
    r"(?:hold|holding|carry|carrying|have|got|clutching|been carrying|been holding|picked up|there)(?: in (?:your|"
    r"both|ur) hands?| there| now| right now| with you)*"
    r"|what(?:ever)?(?:'s| is) in (?:your|ur) hands?|your (?:load|cargo))\b"
)
"""What is in the robot's hands, called so."""

_HANDLED = re.compile(
    r"\b(put|putting|place|placing|set|lay|drop|dropping|bring|bringing|take|taking|carry|carrying|deliver|throw|"
    r"toss|"
    r"move|leave|deposit|stick|transfer|return|pop|chuck|shove|plonk|dump|sling|fling|stow|tuck|hand|give|pass|"
    r"shift|slot|"
    r"store|get rid of|dispose of|ditch|bin|discard|let go of|trash|lose|hold on to|hang on to|hold|keep) "
    r"(it|this|that|this one|that one|this thing|that thing)(?= (?:on|onto|in|into|to|over|down|away|out|off|for|"
    r"and|then|please|"
    r"back|inside|across|with|towards?|next|at)\b| ?[,.;:!?]|$)"
)
"""What is in the robot's hands, where nothing else has been spoken of."""


_ALONG = re.compile(
    r" (?:with|while holding|while carrying|carrying|holding) (?:it|this|that)(?: in (?:your|both) hands)?$"
)
"""What is in the robot's hands, said to come along, which it does in any case."""

_HERE = re.compile(
    r"\b(back|return|returning|come)(?: to)? "
    r"(?:here|where you (?:are|stand|started|began)(?: now| standing| at)*|this (?:spot|place))\b"
)
"""Where the robot stands when it is told."""

_NEGATED = re.compile(
    r"(?:\b(?:not|never|nver|without|avoid\w*|no|nobody|none|neither|nor|cannot|refrain\w*|instead of|"
    r"rather than)|n't|dont)\b"
    r"[^.,;:!?]*$"
)
"""Behind a negation, what "it" may be is for the rule of prohibitions to say, which forbids more."""


def standing_at(scene: SceneState) -> int | None:
    """The thing that the robot stands at, where that is known."""
    for k, thing in enumerate(scene.things):
        if f"at({thing.name})" in scene.facts:
            return k
    near = [k for k, t in enumerate(scene.things) if scene.base is not None and t.pose is not None]
    near = [k for k in near if bool(at(scene, scene.things[k].name)[0])]
    return near[0] if len(near) == 1 else None


def in_one_breath(names: Sequence[str]) -> str:
    """Several names in one breath."""
    words = [f"the {name.lower()}" for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_THERE = re.compile(
    r"\b((?:put|plac|set|lay|drop|throw|toss|stick|pop|bring|tak|carry|deliver|mov|return)(?:e|ing|ting|ping)? "
    r"[^,.;:!?]*?)((?:(?:in|into|inside|on|onto|to) )?(?:over )?there)\b"
)
"""Where something is to be put, or brought, that has been spoken of."""


_LAYS = re.compile(r"(?:put|plac|set|lay|drop|stick|pop)")


def name_there(text: str, named: Sequence[str]) -> str:
    """`text` with the name of the place for "there", where something is put or brought there."""

    def name(match: re.Match[str]) -> str:
        own = spoken_of(match.group(1), named)
        before = [n for n in spoken_of(text[: match.start()], named) if n not in own]
        place = before[-1] if before else ""
        word = match.group(2).split()[0]
        to = "on" if own and _LAYS.match(match.group(1)) else "to"
        return f"{match.group(1)}{word if word in _PLACES else to} the {place.lower()}" if place else match.group()

    return _THERE.sub(name, text)


def spoken_of(text: str, names: Sequence[str]) -> list[str]:
    """Those of `names` that `text` has, by where it has them last."""
    found = {n: [m.start() for m in rx.finditer(rf"(?<![\w-]){re.escape(n.lower())}(?![\w-])", text)] for n in names}
    return sorted((n for n, places in found.items() if places), key=lambda n: found[n][-1])


def _takes(verb: str, thing: Thing) -> bool:
    """Whether what `verb` asks for can be done with such a thing, as far as its kind says."""
    if _CARRIES.match(verb) or verb == "with":
        return thing.motion == "free"
    if verb.startswith(("clos", "shut")):
        return thing.motion == "hinge"
    return not verb.startswith("kic") or thing.kind == "ball"


_CARRIES = re.compile(
    r"(?:pick|lift|grab|tak|carry|bring|put|plac|set|lay|drop|throw|toss|mov|deliver|hoist|collect|fetch|stack|"
    r"stick|pop|"
    r"stow|tuck|bin|trash|discard|sling|fling|hold|deposit|transfer|return)(?:e|ing|ting|ping|bing)?$"
)
"""Verbs of what can be held."""

_PLACES = ("in", "into", "inside", "on", "onto", "to")


def is_negated(before: str) -> bool:
    """Whether what follows `before` is not to be done."""
    return _NEGATED.search(before) is not None


def load_of(scene: SceneState) -> str:
    """The name of what the robot holds; empty where it holds nothing."""
    held = [t.name for t in scene.things if t.held is not None and bool(t.held[0])]
    return next(iter(held or [t.name for t in scene.things if f"held({t.name})" in scene.facts]), "")


def name_load(text: str, load: str) -> str:
    """`text` with the name of what the robot holds in the place of "it" and "what you hold"."""
    name = f"the {load.lower()}"
    if not load or name in text:
        return text
    text = _ALONG.sub("", _LOAD.sub(name, text))
    first = _HANDLED.search(text)
    if first is None or " the " in f" {text[: first.start()]} ":
        return text
    return f"{text[: first.start(2)]}{name}{text[first.end(2) :]}"


def name_pronouns(text: str, named: Sequence[str], things: Sequence[Thing], here: int | None) -> str:
    """`text` with names for "it" and "them" after a verb or a preposition that takes a thing."""
    kinds = {thing.name: thing for thing in things}

    def name(match: re.Match[str]) -> str:
        on_it = match.group(1) in ("on", "in") and rx.search(
            r"\bwith (?:the |a |"
            r"an )?[\w ]+ $",
            text[: match.start()],
        )
        if is_negated(text[: match.start()]) or on_it or match.groups() == ("of", "that"):
            return match.group()
        before = spoken_of(text[: match.start()], [n for n in named if _takes(match.group(1), kinds[n])])
        last = before[-1] if before else ""
        if not last and here is not None and match.group(2) != "them":
            last = things[here].name
        if not last:
            return match.group()
        if match.group(2) == "them":
            return f"{match.group(1)} {in_one_breath([n for n in dict.fromkeys(named) if n in before])}"
        return f"{match.group(1)} the {last.lower()}"

    if here is not None:
        text = _HERE.sub(lambda match: f"{match.group(1)} to the {things[here].name.lower()}", text)
    return name_there(_IT.sub(name, text), named)
