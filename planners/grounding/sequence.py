"""Instructions that are nothing but options in some order: "after touching the shelf and before crouching, press it".

Only where every word is understood: options by the words that the corpus has for them, what joins them, and what
says which comes first. Such a reading leaves nothing open, so it decides where the scorer strays from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from planners import rx
from planners.corpus.lookup import approaches, goes, possible_steps
from planners.corpus.phrases import moves, new_verbs, verbs
from planners.grounding.doings import in_form, needs_hold, takes
from planners.grounding.pronouns import load_of, standing_at
from planners.prompt import normalise
from planners.standins import stands_at
from skillblend.contracts import Decision, SceneState, Step
from skillblend.options import DONE, REFUSE

History = Sequence[tuple[Step, bool]]
"""Steps executed so far, each with its success."""

_FILLER = re.compile(
    r"(?:please|now|first(?:ly| of all| off)?|next|finally|lastly|second(?:ly)?|third(?:ly)?|also|just|at the end|"
    r"to finish|in the end|to begin(?: with)?|to start(?: with)?|straight away|right away|once more|quickly|"
    r"again(?! and again)|as well|too|also|(?:stand|get|come|rise|"
    r"straighten)(?: yourself)?(?: back)? up(?: (?:again|straight|tall|right))*|"
    r"slowly|carefully|you(?: have to| must| should| can)?|start by|begin by|finish by|end by|"
    r"(?:you )?(?:go|come|run|walk)(?: back| on| ahead| over| across| along| off)?(?: and)?(?= (?:walk|stand|"
    r"press|touch|"
    r"pick|put|close|kick|push|hand|crouch|raise|turn)\b)|"
    r"(?:you )?(?:begin|start|finish|end|carry on|continue|follow (?:that|it) up) (?:with|by)(?= )|from there|"
    r"right after(?:wards)?|in that order|"
    r"one after (?:the other|another)|for me|for us|all right|in one go|instead|rather|over here|over there|\d\.|"
    r"-|twice over|for a moment|only|"
    r"(?:for )?(?:an?|one|two|three|1|2|3|a few|a couple of)(?: (?:more|whole|full|good|little|short))* "
    r"(?:seconds?|secs?|moments?|ticks?))(?![\w'])"
)
_THEN = re.compile(
    r"(?:(?:,? ?(?:and |but )?(?:then|after that|afterwards|after which|subsequently|following that)|"
    r"[.;!?]+(?: and| then)?|,? and next|,? next|,? (?:and )?(?:last of all|finally|lastly|last|at the very end|"
    r"from there))"
    r"(?![\w'])|[.;!?]+),?(?: (?:and|then|you)(?![\w']))*"
)
_JOIN = re.compile(r",? ?(?:and|as well as|plus|but|&)(?![\w'])|,")
_ORDER = re.compile(
    r"(?:(?:and |but )?(?:only )?(?P<word>before|after|once|when|as soon as))"
    r"(?: (?:you(?:'ve| have)?(?: finished| are done| done)?|having|first))*(?![\w'])"
)
_EARLIER = re.compile(
    r"(?:beforehand|before (?:that|any of that|all (?:of )?that|anything else|everything else)|first)"
    r"(?= ?(?:[,.;]|$))"
)
"""Behind what comes before all that was said till then."""

_AHEAD = re.compile(r",? ?(?:but |and )?(?:first|before that|before you do(?: that| so)?|beforehand)(?![\w']),?")
_FROM_HERE = (
    "finish|finishing|finished at", "finish|finishing|finished on", "end|ending|ended at", "end|ending|ended on",
    "end|ending|ended up at", "end|ending|ended up on", "start|starting|started at", "begin|beginning|begun at",
    "return|returning|returned to", "carry|carrying|carried on to", "walk|walking|walked on to",
    "go|going|gone back to", "walk|walking|walked back to", "go|going|gone on to", "come|coming|come back to",
)  # fmt: skip
"""Ways of asking to walk to a thing as one of several."""


@dataclass(frozen=True)
class _Token:
    """A piece of an instruction.

    Attributes:
        kind: "step", "join", "comma", "then", "before", "after", "ahead" or "earlier".
        step: What is asked for.
        form: 0 for an imperative, 1 for a gerund, 2 for a participle.
        bare: It is "after" without "you".
    """

    kind: str
    step: Step | None = None
    form: int = 0
    bare: bool = False


def read_sequence(text: str, scene: SceneState) -> tuple[Step, ...]:
    """The steps that `text`, in the scene's names, asks for, in order; none where a word of it is not understood."""
    if not scene.names:
        return ()
    tokens = _tokens(normalise(text), scene)
    steps = _in_order(tokens) if tokens else ()
    again = [k for k in range(1, len(steps)) if approaches(steps[k]) and steps[k] == steps[k - 1]]
    return _without_held([step for k, step in enumerate(steps) if k not in again], scene)


def _without_held(steps: Sequence[Step], scene: SceneState) -> tuple[Step, ...]:
    """`steps` without picking up what is in the robot's hands already."""
    load, found = load_of(scene), list[Step]()
    for step in steps:
        if not (takes(step) and step.arguments[0] == load):
            found.append(step)
        load = "" if needs_hold(step) and step.arguments[0] == load else load
    return tuple(found)


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """(behaviour, phrase) of those that take a thing."""
    found = [
        (verb, phrase)
        for verb, entry in verbs().items()
        if verb not in new_verbs()
        for phrase in dict.fromkeys(entry["words"].get("say", ()))
        if phrase.count("{o}") == 1 and not rx.search(r", | (?:and|it)\b", phrase)
    ]
    walk = next(verb for verb, phrase in found if phrase.startswith("walk|"))
    return (*found, *((walk, f"{phrase} {{o}}") for phrase in _FROM_HERE))


@cache
def _ways(names: tuple[str, ...]) -> dict[str, list[tuple[re.Pattern[str], str, int]]]:
    """Patterns, whose behaviour or option each asks for, and the verb's form; by the word that they begin with."""
    found: dict[str, list[tuple[re.Pattern[str], str, int]]] = {}
    thing = rf"(?:the )?(?P<o>{_any(names)})"
    for behaviour, phrase in (*_phrases(), *_moves()):
        verb, rest = phrase.split(" ", 1) if " " in phrase else (phrase, "")
        for form, head in enumerate(verb.split("|")):
            words = re.escape(f"{head} {rest}".strip()).replace(r"\{o\}", thing)
            found.setdefault(head, []).append((rx.compiled(rf"{words}(?![\w'-])"), behaviour, form))
    return found


def _any(names: Sequence[str]) -> str:
    return "(?:" + "|".join(re.escape(name.lower()) for name in sorted(names, key=len, reverse=True)) + ")"


@cache
def _moves() -> tuple[tuple[str, str], ...]:
    """(option, phrase) of moves without a thing."""
    found: list[tuple[str, str]] = []
    for option, words in moves("say").items():
        for phrase in dict.fromkeys(words):
            if "{c}" in phrase or ", " in phrase:
                continue
            for side in ("left", "right") if "{s}" in option else ("",):
                found.append((option.replace("{s}", side), phrase.replace("{s}", side)))
    return tuple(found)


def _tokens(text: str, scene: SceneState) -> list[_Token]:
    """The pieces of `text`; none where something is left over."""
    steps = possible_steps(scene.things)
    by = {(step.behaviour, *(a.lower() for a in step.arguments)): step for step in steps}
    texts = {in_form(step.text.lower(), form): (step, form) for step in steps for form in (2, 1, 0)}
    option = rx.compiled(rf"(?:{'|'.join(re.escape(t) for t in sorted(texts, key=len, reverse=True))})(?![\w'-])")
    bare = rx.compiled(rf"(?:to |at |by )?(?:the )?(?P<o>{_any(scene.names)})(?![\w'-])")
    ways, plain = _ways(scene.names), {step.text.lower(): step for step in steps}
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        token, end = _step_at(text, at, option, texts, ways, by, plain)
        last = next((t for t in reversed(found) if t.kind == "step"), None)
        if token is None and last is not None and last.step is not None and found[-1].kind != "step":
            match = bare.match(text, at)
            other = (
                by.get((last.step.behaviour, match.group("o"))) if match and len(last.step.arguments) == 1 else None
            )
            token, end = (_Token("step", other, last.form), match.end()) if match and other else (None, at)
        if token is None:
            said = _EARLIER.match(text, at) if found and found[-1].kind == "step" else None
            token, end = (_Token("earlier"), said.end()) if said else _joined_at(text, at)
        if end == at:
            return []
        found += [token] if token is not None else []
        at = end
    return found


def _step_at(
    text: str,
    at: int,
    option: re.Pattern[str],
    texts: Mapping[str, tuple[Step, int]],
    ways: Mapping[str, list[tuple[re.Pattern[str], str, int]]],
    by: Mapping[tuple[str, ...], Step],
    plain: Mapping[str, Step],
) -> tuple[_Token | None, int]:
    """The longest way of asking for a step that begins `at`, and where it ends."""
    best: tuple[_Token | None, int] = (None, at)
    match = option.match(text, at)
    if match is not None:
        step, form = texts[match.group()]
        best = _Token("step", step, form), match.end()
    head = rx.match(r"[\w'-]+", text[at:])
    for pattern, name, form in ways.get(head.group(), ()) if head else ():
        match = pattern.match(text, at)
        if match is None or match.end() <= best[1]:
            continue
        of = match.groupdict().get("o")
        step = plain.get(name) if of is None else by.get((name, of))
        if step is not None:
            best = _Token("step", step, form), match.end()
    return best


def _joined_at(text: str, at: int) -> tuple[_Token | None, int]:
    """What joins steps, or says which comes first, `at` a place; and where it ends. Filler is None with an end."""
    for pattern, kind in (
        (_AHEAD, "ahead"),
        (_ORDER, ""),
        (_THEN, "then"),
        (_FILLER, "filler"),
        (_JOIN, "join"),
    ):
        match = pattern.match(text, at)
        if match is None or (kind == "ahead" and not text[at:].startswith((",", "but", "and", "before"))):
            continue
        if kind == "filler":
            return None, match.end()
        word = match.groupdict().get("word")
        kind = kind or ("before" if word == "before" else "after")
        bare = word == "after" and match.group().endswith("after")
        return _Token("comma" if kind == "join" and match.group() == "," else kind, bare=bare), match.end()
    return None, at


def is_filler(text: str) -> bool:
    """Whether `text` is nothing but what joins steps, or words that say nothing."""
    at = 0
    while at < len(text):
        end = at + 1 if text[at] == " " else _joined_at(text, at)[1]
        if end == at:
            return False
        at = end
    return True


def _in_order(tokens: Sequence[_Token]) -> tuple[Step, ...]:
    """Steps in the order in which they are to be done; none where that is not clear."""
    if any(token.kind == "earlier" for token in tokens):
        return _by_pieces(tokens)
    found: list[Step] = []
    for chunk, ahead in _chunks(tokens):
        steps = _ordered(chunk)
        if not steps or (ahead and len(found) != 1):
            return ()
        found = [*steps, *found] if ahead else [*found, *steps]
    return tuple(found)


def _by_pieces(tokens: Sequence[_Token]) -> tuple[Step, ...]:
    """Steps piece by piece, those that are said to come before at the front."""
    pieces: list[list[_Token]] = [[]]
    for token in tokens:
        if token.kind in ("before", "after", "ahead"):
            return ()
        pieces[-1].append(token)
        if token.kind in ("comma", "join", "then"):
            pieces.append([])
    found: list[Step] = []
    for piece in pieces:
        steps = [token.step for token in piece if token.step is not None]
        found = [*steps, *found] if any(token.kind == "earlier" for token in piece) else [*found, *steps]
    return tuple(found)


def _chunks(tokens: Sequence[_Token]) -> list[tuple[list[_Token], bool]]:
    """What is said between one "then" and the next, and whether it comes before what was said before it."""
    found: list[tuple[list[_Token], bool]] = [([], False)]
    for k, token in enumerate(tokens):
        before = next((t for t in reversed(found[-1][0]) if t.kind == "step"), None)
        following = next((t for t in tokens[k:] if t.kind == "step"), None)
        more = token.kind == "then" and before is not None and following is not None and before.form > 0
        if more and following is not None and following.form == (before.form if before else 0):
            found[-1][0].append(_Token("join"))  # "after pressing it, then pressing it"
        elif token.kind in ("then", "ahead"):
            found.append(([], token.kind == "ahead"))
        else:
            found[-1][0].append(token)
    return [(chunk, ahead) for chunk, ahead in found if chunk or ahead]


def _ordered(chunk: Sequence[_Token]) -> list[Step]:
    """The steps of one chunk in order; none where that is not clear."""
    groups: list[tuple[str, list[Step]]] = []
    kind, form, steps = "main", -1, list[Step]()
    seen_comma = False

    def close() -> None:
        nonlocal steps
        if steps:
            groups.append((kind, steps))
        steps = []

    for k, token in enumerate(chunk):
        if token.kind in ("before", "after"):
            later = _is_later(chunk, k)
            if not later:
                close()
                kind, form, seen_comma = token.kind, -1, False
        elif token.kind == "comma":
            seen_comma = True
        elif token.step is not None:
            ends = kind != "main" and form >= 0 and (token.form != form if form > 0 else seen_comma)
            if ends:
                close()
                kind = "main"
            form, seen_comma = token.form, False
            steps.append(token.step)
    close()
    return _arranged(groups)


def _is_later(chunk: Sequence[_Token], k: int) -> bool:
    """Whether "after" means afterwards: "press it and after touch the shelf"."""
    following = next((token for token in chunk[k + 1 :] if token.step is not None), None)
    return k > 0 and chunk[k].bare and following is not None and following.form == 0


def _arranged(groups: Sequence[tuple[str, list[Step]]]) -> list[Step]:
    main = [steps for kind, steps in groups if kind == "main"]
    early = [steps for kind, steps in groups if kind == "after"]
    late = [steps for kind, steps in groups if kind == "before"]
    if len(main) != 1 or len(early) > 1 or len(late) > 1:
        return []
    trails = groups[0][0] == "main"
    if trails and early and len(main[0]) > 1:
        return []  # which of them comes after it?
    return [*(early[0] if early else ()), *main[0], *(late[0] if late else ())]


def next_of(sequence: Sequence[Step], history: History) -> Step:
    """The first step of `sequence` that is not done; `DONE` where all are."""
    done = [step for step, ok in history if ok]
    at = 0
    for step in done:
        at += at < len(sequence) and step == sequence[at]
    walks = [step for step in done if goes(step)]
    while at < len(sequence) and approaches(sequence[at]) and walks and walks[-1] == sequence[at]:
        at += 1  # there already
    return sequence[at] if at < len(sequence) else DONE


def kept_to(made: Decision, sequence: Sequence[Step], history: History, scene: SceneState) -> Decision:
    """`made`, or the next step of `sequence` in its place where that is another one, and it may be taken."""
    wanted = next_of(sequence, history)
    if any(not ok for _, ok in history) or (wanted == DONE and not history):
        return made
    place = wanted.arguments[stands_at(wanted)] if wanted.arguments and wanted not in (DONE, REFUSE) else ""
    place = place if place in scene.names else ""
    chosen = made.chosen.step
    leads = place and not approaches(wanted) and approaches(chosen) and chosen.arguments == (place,)
    if chosen == wanted or leads:
        return made
    option = next((o for o in made.options if o.step == _leading(wanted, place, history, scene)), None)
    if option is None or not option.allowed or option.affordance <= 0.0:
        return made
    better = replace(option, reason=f"next of: {', '.join(step.text for step in sequence)}")
    options = tuple(better if o is option else o for o in made.options)
    return replace(made, chosen=better, options=options, unaccounted=())


def _leading(wanted: Step, place: str, history: History, scene: SceneState) -> Step | None:
    """`wanted`, or the walk to where it is done."""
    walks = [step for step, ok in history if ok and goes(step)]
    here = standing_at(scene)
    there = walks[-1].arguments == (place,) if walks else here is not None and scene.things[here].name == place
    if not place or there or approaches(wanted):
        return wanted
    return next((s for s in possible_steps(scene.things) if approaches(s) and s.arguments == (place,)), None)
