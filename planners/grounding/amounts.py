"""Amounts and counts: "2.5 metres forward", "45 degrees", "three times"; exact, so they are rules and not guesses.

What the options can add up to is written out in their own words; what they cannot is refused by its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from planners import rx
from planners.corpus.phrases import distances
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step

MOST_TIMES, FARTHEST = 8, 8.0
"""Repetitions, and metres in one direction, that are taken to be meant."""

_UNITS = {
    "km": 1000.0, "kilometre": 1000.0, "kilometer": 1000.0, "mile": 1609.344, "m": 1.0, "metre": 1.0, "meter": 1.0,
    "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01, "mm": 0.001, "millimetre": 0.001, "millimeter": 0.001,
    "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "inch": 0.0254, "yard": 0.9144, "step": 0.5, "pace": 0.5,
}  # fmt: skip
_NUMERALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS: dict[str, float] = {
    **{word: float(k) for k, word in enumerate(
        _NUMERALS.split()
    )},
    **{w: 10.0 * k for k, w in enumerate(_TENS.split(), start=2)},
    "a": 1.0, "an": 1.0, "half": 0.5, "quarter": 0.25, "hundred": 100.0, "thousand": 1000.0, "couple": 2.0,
}  # fmt: skip
_NUMBER = r"(?:\d+(?:[.,]\d+)?|\.\d+|(?:(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r"|and|of)\b[ -]?)+)"
_UNIT = "|".join(sorted((f"{unit}(?:e?s)?" if len(unit) > 2 else unit for unit in _UNITS), key=len, reverse=True))
_LENGTH = re.compile(rf"(?<![\w.])({_NUMBER})[ -]*({_UNIT})\b")
_ANGLE = re.compile(rf"(?<![\w.])({_NUMBER})[ -]*(?:°|degrees?\b|deg\b)")
_TIMES = re.compile(
    rf",? ?\b(?:(twice|thrice)|({_NUMBER}) ?(?:x|times)|(?:for )?({_NUMBER}) times in a row)\b(?: over)?"
)
_TIME = re.compile(
    rf"(?<![\w.])(?!(?:an? )?(?:second|minute|sec|min)\b)({_NUMBER})[ -]*(seconds?|secs?|s|minutes?|mins?)\b"
)
_WAIT = re.compile(
    r"\b(?:stand|stay|wait|hold|remain|pause|rest|stop|keep|freeze|hang|idle|linger|stick|be|do)(?:ing|ting|ping)?\b"
)
_LASTS = re.compile(
    r"(?:\bfor|^(?: (?:still|here|there|put|on|up|motionless|quiet|where you are|in place|in position))*)"
    r"(?: (?:about|around|at least|another|exactly|some|a good|roughly|up to|a further))* ?$"
)
"""Between a verb of waiting and how long that lasts."""
_CLAUSE = re.compile(r"(?:[,.;:!?]+ |(?:,? )?\b(?:and then|and|then|before|after|but|while|until|once|when)\b )")
_WAYS = (
    ("forward", r"forwards?|ahead|straight(?: on| ahead)?|onwards?|closer|further"),
    ("backward", r"backwards?|back(?: up| off)?|in reverse|reverse|retreat"),
    ("left", r"(?:to (?:the|your) )?left(?:wards)?"), ("right", r"(?:to (?:the|your) )?right(?:wards)?"),
)  # fmt: skip
_GO = re.compile(
    r"\b(?:walk|go|move|step|come|advance|march|take|back|reverse|retreat|stride|head|side-?step|shuffle|proceed|"
    r"make|pull|edge|inch|creep|travel|shift|scoot|slide|strafe|hop|push on|carry on|keep going|gone?)\b"
)
_TURN = re.compile(r"\b(?:turn|rotat|spin|pivot|swivel|swing|twist|revolv|face|fac)\w*\b")


_HALF = re.compile(rf"({_NUMBER})[ -]*({_UNIT}) and a half\b|({_NUMBER}) and a half ({_UNIT})\b")
"""A half behind the unit, or before it."""


def _with_half(match: re.Match[str]) -> str:
    return f"{number_of(match.group(1) or match.group(3)) + 0.5:g} {match.group(2) or match.group(4)}"


@dataclass(frozen=True)
class Amounts:
    """An instruction with its amounts in the options' words.

    Attributes:
        text: The instruction.
        notes: What was written out.
        why: Why an amount cannot be done; empty where all can.
        times: How often something is asked for, by the words that it is asked for in.
        metres: How far to walk in all, by way.
    """

    text: str
    notes: tuple[str, ...] = ()
    why: str = ""
    times: tuple[tuple[str, int], ...] = ()
    metres: tuple[tuple[str, float], ...] = ()


def number_of(text: str) -> float:
    """The number that digits or words say: "2.5", "one and a half", "a hundred"; NaN for none."""
    plain = text.strip().replace(",", ".")
    if rx.fullmatch(r"\d*\.?\d+", plain):
        return float(plain)
    total, last = float("nan"), 0.0
    for word in rx.findall(r"[a-z]+", plain):
        if word in ("and", "of"):
            continue
        if word not in _WORDS:
            return float("nan")
        value = _WORDS[word]
        if total != total or word == "couple" and total == 1.0:
            total = value
        elif value >= 100.0:
            total *= value
        elif last == 0.5 and value == 1.0:
            pass  # half a metre
        else:
            total += value if value != 1.0 or last < 20.0 else 0.0
        last = value
    return total


def read_amounts(text: str, scene: SceneState) -> Amounts:
    """`text`, in normal form, with its amounts written out."""
    notes: list[str] = []
    text = _HALF.sub(_with_half, text)
    turns: list[tuple[str, int]] = []
    turned, why = _angles(text, notes, turns)
    if why:
        return Amounts(text=text, why=why)
    walked, why, metres = _lengths(turned, _walks(scene), notes)
    if why:
        return Amounts(text=text, why=why)
    waited, why, waits = _waits(walked, scene, notes)
    if why:
        return Amounts(text=text, why=why)
    repeated, why, times = _repeat(waited, notes)
    if why:
        return Amounts(text=text, why=why)
    return Amounts(text=repeated, notes=tuple(notes), times=(*turns, *waits, *times), metres=tuple(metres))


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of `text` begin and end."""
    found: list[tuple[int, int]] = []
    at = 0
    for match in _CLAUSE.finditer(text):
        found.append((at, match.start()))
        at = match.end()
    return [*found, (at, len(text))]


def _angles(text: str, notes: list[str], times: list[tuple[str, int]]) -> tuple[str, str]:
    """Turns by multiples of a quarter, written out; and why one cannot be done."""
    for start, end in reversed(_clauses(text)):
        clause = text[start:end]
        match = _ANGLE.search(clause)
        if match is None or not (_TURN.search(clause) or rx.search(r"left|right|clockwise", clause)):
            continue
        degrees = number_of(match.group(1))
        quarters = degrees / 90.0
        if degrees != degrees or quarters != int(quarters) or not 0 < quarters <= MOST_TIMES:
            said = match.group().strip()
            return text, f"I can turn by 90 or 180 degrees and what they add up to, not by {said}: give such an angle"
        right = rx.search(r"\bright\b|(?<!counter)(?<!counter-)(?<!anti)(?<!anti-)clockwise", clause)
        if quarters == 1 and not right and not rx.search(r"\b(?:left|counter|anti)", clause):
            continue  # which way is for the scorer to say
        one = "turn around" if quarters == 2 else "turn right" if right else "turn left"
        words = ", then ".join([one] * (1 if quarters == 2 else int(quarters)))
        if quarters > 2:
            times.append((one, int(quarters)))
        if clause != words:
            notes.append(f"read {clause!r} as {words!r}")
        verb = rx.search(r"\b(?:do|make|take|perform)\b", clause) or _TURN.search(clause)
        text = text[: start + (verb.start() if verb else 0)] + words + text[end:]
    return text, ""


def _walks(scene: SceneState) -> dict[str, list[tuple[float, Step]]]:
    """Walks by way: metres of each option, the longest first."""
    found: dict[str, list[tuple[float, Step]]] = {}
    for name in BEHAVIOURS:
        for step in BEHAVIOURS[name].ground(scene):
            if len(step.arguments) == 2 and step.arguments[0] in dict(_WAYS):
                found.setdefault(step.arguments[0], []).append((float(step.arguments[1]), step))
    return {way: sorted(steps, key=lambda pair: -pair[0]) for way, steps in found.items()}


def _lengths(
    text: str, walks: dict[str, list[tuple[float, Step]]], notes: list[str]
) -> tuple[str, str, list[tuple[str, float]]]:
    """Walks by what the options add up to, written out; why one cannot be done; and how far in all, by way."""
    metres: dict[str, float] = {}
    for start, end in reversed(_clauses(text)):
        clause = text[start:end]
        match = _LENGTH.search(clause)
        ways = [(way, found) for way, words in _WAYS if (found := rx.search(rf"\b(?:{words})\b", clause))]
        if match is None or not ways:
            continue
        way, where = ways[-1] if ways[0][0] == "forward" and len(ways) > 1 and "straight" in clause else ways[0]
        length = number_of(match.group(1)) * _UNITS[_unit(match.group(2))]
        if length != length or way not in walks:
            continue
        steps = _add_up(length, walks[way])
        if not steps:
            sizes = ", ".join(f"{size:g}" for size, _ in reversed(walks[way]))
            return text, (
                f"I can walk {way} by {sizes} m and what they add up to, at most {FARTHEST:g} m, "
                f"not by {match.group().strip()}: give such a distance"
            ), []  # fmt: skip
        metres[way] = metres.get(way, 0.0) + length
        if _is_usual(length, way, match.group()) and rx.search(r"\b[a-z]+(?:ing|ed|en)\b", clause[: match.start()]):
            continue
        first = min(m.start() for m in (_GO.search(clause) or match, match, where))
        last = max(match.end(), where.end())
        words = " and ".join(step.text for step in steps)
        if clause[first:last] != words:
            notes.append(f"read {clause[first:last]!r} as {words!r}")
        text = text[: start + first] + words + text[start + last :]
    return text, "", list(metres.items())


def _waits(text: str, scene: SceneState, notes: list[str]) -> tuple[str, str, list[tuple[str, int]]]:
    """Waiting for longer than the option does, written out; why it cannot be done; and how often it is asked for."""
    still = next(
        (s for name in BEHAVIOURS if BEHAVIOURS[name].motionless for s in BEHAVIOURS[name].ground(scene)), None
    )
    times: list[tuple[str, int]] = []
    for start, end in reversed(_clauses(text)):
        match, wait = _TIME.search(text[start:end]), _WAIT.search(text[start:end])
        if match is None or wait is None or wait.start() > match.start() or still is None or not still.arguments:
            continue
        between = text[start + wait.end() : start + match.start()]
        lasts = _LASTS.search(between)
        if lasts is None:
            continue
        one = float(still.arguments[0])
        seconds = number_of(match.group(1)) * (60.0 if match.group(2).startswith("min") else 1.0)
        count = math.ceil(seconds / one - 1e-6) if seconds == seconds else 0
        if count > MOST_TIMES:
            said = match.group().strip()
            return (
                text,
                f"I can stand still for {MOST_TIMES * one:g} s at most, not for {said}: give a shorter time",
                [],
            )
        if count < 2:
            continue
        said, words = text[start + wait.start() : start + match.end()], ", then ".join([still.text] * count)
        if " the " in between:  # a place to wait at, which stays
            words = f"{text[start + wait.start() : start + wait.end() + lasts.start()].rstrip()}, then {words}"
        notes.append(f"read {said!r} as {words!r}")
        times.append((still.text, count))
        text = text[: start + wait.start()] + words + text[start + match.end() :]
    return text, "", times


def _unit(word: str) -> str:
    return next(unit for unit in (word, word[:-1], word[:-2]) if unit in _UNITS)


def _is_usual(length: float, way: str, said: str) -> bool:
    """Whether the corpus has these words for a length, and one knows what to do with them."""
    known = any(said.strip() in words for metres, words in distances().items() if float(metres) <= 2.0)
    return known and (way in ("forward", "backward") or length == 0.5) and not (way == "backward" and length > 1.0)


def _add_up(length: float, steps: Sequence[tuple[float, Step]]) -> list[Step]:
    """The fewest steps of that length in all; none where there are none."""
    found: list[Step] = []
    left = length if length <= FARTHEST else 0.0
    for size, step in steps:
        while left >= size - 1e-6:
            found.append(step)
            left -= size
    return found if left < 1e-6 else []


def _repeat(text: str, notes: list[str]) -> tuple[str, str, list[tuple[str, int]]]:
    """What is to be done several times, written out."""
    times: list[tuple[str, int]] = []
    for match in reversed(list(_TIMES.finditer(text))):
        said = match.group(1)
        count = {"twice": 2.0, "thrice": 3.0}.get(said or "", number_of(match.group(2) or match.group(3) or ""))
        if count != count or count < 2:
            continue
        if count != int(count) or count > MOST_TIMES:
            words = match.group().strip(" ,")
            return text, f"I repeat a step {MOST_TIMES} times at most, not {words}: give a smaller number", []
        start = _asked_from(text, match.start())
        once = text[start : match.start()].strip()
        after = rx.match(r" [^,.;:!?]*?(?=$|[,.;:!?]| and | then )", text[match.end() :])
        end = match.end()
        if not once and after:  # "twice press the button"
            once, end = after.group().strip(), match.end() + after.end()
        if not once:
            continue
        words = ", then ".join([once] * int(count))
        notes.append(f"read {text[start:end].strip()!r} as {words!r}")
        times.append((once, int(count)))
        text = text[:start] + words + text[end:]
    return text, "", times


def _asked_from(text: str, end: int) -> int:
    """Where the clause that ends at `end` begins; before that where it has no verb: "the box and the bin twice"."""
    starts = [start for start, _ in _clauses(text[:end])]
    for start in reversed(starts):
        head = rx.match(r"(?:please |now |just |first |could you |can you |and |then )*", text[start:end])
        at = start + (head.end() if head else 0)
        if not text[at:end].startswith(("the ", "a ", "it ", "that ", "this ")):
            return at
    return starts[0]
