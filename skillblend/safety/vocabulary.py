"""Words of requests and prohibitions: which verb asks for which skill, which words name which thing.

A vocabulary of the options and the scene, no grammar; `skillblend.safety.prohibitions` reads sentences with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache

from skillblend.contracts import Thing


def word_set(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())


class Verb(Enum):
    """What verbs ask for. Behaviours say which of them they answer to; the last three depend on what follows."""

    GO = "going"
    HURRY = "hurrying"
    TURN = "turning"
    RAISE = "raising"
    PRESS = "pressing"
    TOUCH = "touching"
    MOVE = "moving"
    DO = "doing"
    USE = "using"


VERBS: dict[Verb, frozenset[str]] = {
    Verb.GO: word_set(
        "walk go step come head stride march proceed travel wander stroll return visit approach advance get drive "
        "reach enter cross pass stand tread navigate follow sneak creep wait stop trot amble journey "
        "walkover wade venture "
        "continue strut pace near arrive retreat withdraw"
    ),
    Verb.HURRY: word_set("run rush hurry race dash sprint jog speed"),
    Verb.TURN: word_set("turn rotate spin pivot swivel twirl face revolve"),
    Verb.RAISE: word_set("raise"),
    Verb.PRESS: word_set("press push click activate operate trigger ring depress actuate engage"),
    Verb.TOUCH: word_set(
        "touch tap feel handle pat grab grasp poke pet stroke brush rub contact finger prod manipulate fondle caress "
        "hold pick hit strike knock bump lift shove nudge tamper mess fiddle lean disturb damage break collide"
    ),
    Verb.MOVE: word_set("move budge stir twitch"),
    Verb.DO: word_set("do act"),
    Verb.USE: word_set("use put lay place take make give set bring"),
}
"""Verbs by what they ask for."""

HANDS = word_set("hand hands arm arms palm palms finger fingers")
DIRECTIONS: dict[str, str] = {
    "left": "left", "leftwards": "left", "right": "right", "rightwards": "right", "forward": "forward",
    "forwards": "forward", "ahead": "forward", "straight": "forward", "backward": "backward",
    "backwards": "backward", "back": "backward", "around": "around", "round": "around", "about": "around",
    "sideways": "sideways", "sideway": "sideways", "behind": "around",
}  # fmt: skip
AMOUNTS: dict[str, str] = {"half": "0.5", "one": "1", "1": "1", "a": "", "two": "2", "2": "2", "0.5": "0.5"}
EVERYTHING = word_set(
    "anything everything anyone any things thing object objects stuff all whatever something nothing"
)
ANYWHERE = word_set("anywhere everywhere nowhere somewhere away place places spot")
PRONOUNS = word_set("it them that those these this either both they its")
NEARNESS = word_set(
    "near close closer by past approach onto over across through around beside towards nearer vicinity"
)

SMALL = word_set(
    "the a an any some every each all of to on in at into onto by near for from with and or your my its "
    "their our you "
    "i me we us it them that those these this there here up down out over off away towards toward please ever even "
    "again yet now today just only also still be been being is are was were am will would can could may might must "
    "should shall do does did have has had not never no so too more anymore longer really at once one ones "
    "thing things anything everything anywhere nothing nowhere else other another both either all as if "
    "then robot whole "
    "entire little bit way around about back not's along through across past upon close closer beside between under "
    "hand hands arm arms palm finger fingers body self yourself itself accidentally by mistake itself them metre "
    "metres meter meters m step steps degrees steps' hundred ninety eighty half two three single muscle "
    "inch limb bit allowed "
    "permitted forbidden prohibited okay ok acceptable wanted welcome safe supposed fine good"
)
"""Words that name nothing and change nothing of what a verb alone would mean."""

_KINDS: dict[str, frozenset[str]] = {
    "marker": word_set("marker spot dot mark circle point disc target dots spots marking"),
    "button": word_set("button switch buzzer knob doorbell"),
    "table": word_set("table desk bench workbench tabletop worktop"),
    "shelf": word_set("shelf rack shelving bookcase bookshelf shelve bookshelves shelves cupboard"),
    "box": word_set("box crate carton package parcel cardboard boxes"),
}
_LOOKS = word_set(
    "red blue green yellow purple orange black white grey gray brown pink cyan magenta golden silver wooden metal "
    "plastic glass stone steel iron big small large tall round square near far left right first second third"
)
_ALIKE: dict[str, str] = {
    "metallic": "metal", "steel": "metal", "iron": "metal", "wood": "wooden", "oak": "wooden", "timber": "wooden",
    "crimson": "red", "scarlet": "red", "azure": "blue", "navy": "blue", "reddish": "red", "bluish": "blue",
}  # fmt: skip


@cache
def verb_class(word: str) -> Verb | None:
    """What a form of a verb asks for; None where it is no verb."""
    for form in _forms(word):
        for name, verbs in VERBS.items():
            if form in verbs:
                return name
    return None


@cache
def _forms(word: str) -> tuple[str, ...]:
    irregular = {"went": "go", "gone": "go", "came": "come", "stood": "stand", "took": "take", "ran": "run"}
    found = [word, irregular.get(word, word)]
    for ending, length in (("ing", 3), ("ed", 2), ("es", 2), ("s", 1), ("d", 1)):
        if word.endswith(ending) and len(word) - length >= 2:
            stem = word[:-length]
            found += [stem, stem + "e"]
            if len(stem) > 2 and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    return tuple(found)


def similar(word: str, meant: str) -> bool:
    """The same, its plural, or one slip of the finger away from a longer word."""
    plurals = (meant + "s", meant + "es", meant + "'s", "shelves" if meant == "shelf" else "")
    if word == meant or word in plurals:
        return True
    if len(meant) < 3 or abs(len(word) - len(meant)) > 1 or word[:1] != meant[:1] or word in SMALL:
        return False
    if len(word) == len(meant):
        wrong = [i for i, (a, b) in enumerate(zip(word, meant, strict=True)) if a != b]
        swapped = len(wrong) == 2 and word[wrong[0]] == meant[wrong[1]] and word[wrong[1]] == meant[wrong[0]]
        return swapped or (len(wrong) == 1 and len(meant) > 4 and not verb_class(word))
    shorter, longer = sorted((word, meant), key=len)
    one_off = any(longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer)))
    return len(meant) > 3 and one_off and not verb_class(word)


def things_named(words: Sequence[str], objects: Sequence[Thing]) -> list[str]:
    """Names of the objects that `words` speak of, in the order of mention; all that may be meant.

    A noun with a look that no such object has ("the green marker") names nothing.
    """
    found: list[str] = []
    used: set[int] = set()
    for i, word in enumerate(words):
        heads = [thing for thing in objects if _is_head(word, thing)]
        if not heads and word not in ("one", "ones"):
            continue
        looks = _looks_before(words, i)
        if word in ("one", "ones"):
            heads = [thing for thing in objects if _has_look(looks, thing)]
        elif any(_has_look(looks, thing) for thing in heads):
            heads = [thing for thing in heads if _has_look(looks, thing)]
        elif any(look in _LOOKS for look in looks) and not any(_has_look(looks, t) for t in objects):
            heads = []
        used.update(range(i - len(looks), i + 1))
        found += [thing.name for thing in heads if thing.name not in found]
    for i, word in enumerate(words):
        if i not in used and word not in DIRECTIONS:
            found += [t.name for t in objects if _has_look([word], t) and t.name not in found]
    return found


def _looks_before(words: Sequence[str], head: int) -> list[str]:
    looks: list[str] = []
    for word in reversed(words[max(head - 3, 0) : head]):
        if word in SMALL and word not in ("near",):
            break
        looks.append(word)
    return looks


def _is_head(word: str, thing: Thing) -> bool:
    *_, noun = thing.name.lower().split()
    return (
        similar(word, noun)
        or similar(word, thing.kind)
        or any(word in (k, k + "s") for k in _KINDS.get(thing.kind, ()))
    )


def _has_look(looks: Sequence[str], thing: Thing) -> bool:
    own = thing.name.lower().split()[:-1]
    return any(
        _ALIKE.get(look, look) == word or (len(word) > 3 and similar(look, word)) for look in looks for word in own
    )


def clean_words(text: str) -> list[str]:
    """Words of a plain text, lower case."""
    return re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower())
