"""An instruction clause by clause: each becomes the options that it asks for, and what asks for nothing is left out.

A clause is left out only where it tells, calls or comments; one that looks like a request and is not understood, or
that forbids what another one asks for, leaves the whole as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planners import rx
from planners.grounding.amounts import read_amounts
from planners.grounding.asides import calls, request_verbs, tells
from planners.grounding.byways import without_byways
from planners.grounding.frames import Clauses
from planners.grounding.gestures import without_gestures
from planners.grounding.mentions import known_verbs
from planners.grounding.sequence import is_filler, read_sequence
from planners.grounding.wording import is_lead, without_tail
from skillblend.contracts import SceneState

_MARK = re.compile(
    r"(\s*[.;:!?]+\s*|\s*,\s+|\s+-+\s+|\s+(?=(?:and|but|then|"
    r"so(?! (?:much|far|very|many|good|kind|close|small|big|nice)\b)"
    r"|before|after|once|when|plus|afterwards|while|"
    r"its|it's|i wan(?:t to|na) see|he's|she's|they're|i'm|we're)\b))"
)
_LEAD = re.compile(
    r"^(?:(?:and|but|so|then|plus|afterwards|later|next|only|after that|after this|before|after|once|when|as soon as|"
    r"first|finally|lastly|last)(?![\w'])[,:]? ?)+"
)
_BAN = re.compile(
    r"\b(?:not|never|no|nor|neither|without|avoid\w*|nobody|none|leave|instead of|rather than|except|hands off|"
    r"fingers off|(?:keep|stay|hold) (?:[\w ]+? )?(?:out of|away from|off|clear of))\b|"
    r"n't\b|\bdont\b"
)
_BUT = re.compile(
    r"\b(?:no (?:way|chance|thanks)|(?:certainly|absolutely|definitely) not|"
    r"(?:any|every)(?:thing|where|one|body|place)? (?:but|except|bar|save|other than|apart from))\b"
)
"""What turns round the meaning of what stands beside it."""

_DID = re.compile(
    r"(?:i|we|he|she|they|people|everyone|everybody|somebody|someone|anybody|nobody) (?:has |have |had |just |"
    r"already |only |once )*(?:(?!need\b)\w+ed|went|put|took|left|threw|gave|brought|made)\b"
    r"(?!.*\b(?:you|to|not|never)\b)"
)
"""What somebody did, which nobody is to do again."""

_AMOUNT = re.compile(
    r"(?:(?:and |just |exactly )*(?:twice|once|thrice|(?:two|three|four|five|six|[2-6]) times|"
    r"for [\w ]+? (?:seconds?|secs?|minutes?|metres?)))$"
)
_OFTEN = re.compile(
    r",? (?:twice|thrice|(?:two|three|four|five|six|[2-6]) times|for [\w ]+? (?:seconds?|secs?|minutes?))$"
)
_OWN = re.compile(
    r"\b(?:left|right|forwards?|backwards?|ahead|metres?|degrees|hands?|arms?|knees?|crouch|squat|turn\w*|stop|stand|"
    r"walk|go|step|touch\w*|press\w*|push\w*|pick\w*|put|kick\w*|take|bring|give|seconds?|wait|around|halt)\b"
)
"""Words that only requests have, or prohibitions."""

_HARMLESS = re.compile(
    r"^(?:watch|listen|look|see|guess|trust|believe|help|hurry|mind|excuse|forgive|pardon|bless|thank|sort|show|tell|"
    r"let's (?:play|see|have|do)|come on|be|have fun|enjoy|remember|note|that's|there's|no)\b(?! the\b)"
)
_STAYS = re.compile(
    r"(?:that|this|the other|the rest)(?: one| ones)? (?:stays?|can stay|may stay|is to stay|should stay)[a-z ']*"
)
"""What is to be left as it is."""

_LAST_FIRST = re.compile(
    r"^(.+?) first,? (?:and )?((?:the )?[^,.;]+?) last,? (?:and )?(?:in between|between those|in the middle|"
    r"between them),? (.+)$"
)
_THEN = re.compile(
    r"\b(?:(?:and )?only (?:then|after (?:that|this))|after this|later|afterwards|after that|next)[,:]? ?"
)
_UP = re.compile(
    r"(?:and |then )*(?:stand|rise|up(?: again)?|(?:stand|get|come|rise|straighten)(?: back| yourself)* up(?: "
    r"again| straight"
    r"| tall)*|up (?:you )?(?:stand|get|come|go)(?: up)?(?: again)?|(?:get |back )*on(?:to)? your feet(?: again)?)"
)
"""To stand up again, which every next step does."""

_SAID = (
    (re.compile(r"\b(?:raise|lift)(?: up)? (?:hands|arms)(?: up)?(?![\w'])"), "raise both hands"),
    (re.compile(r",? (?:and|but) (?:not (?:before|sooner|earlier)|only then|no sooner)(?=,)"), ""),
    (re.compile(r"\b(?:but |and )?only (?=(?:after|once|when)\b)"), ""),
    (re.compile(r"\byou(?:'ve| have) been (?:to|at|by|on)\b"), "you've visited"),
    (re.compile(r"\bby the time you(?:'re| are) (?:done|finished|through),? "), ""),
    (re.compile(r"^(.+?) last,? (?:and )?([^,.;]+?) first$"), r"\2, then \1"),
)
"""Ways of saying when, and what is said in their place."""

_THERE = re.compile(
    r"^(?:and )?(?:that's|that is|this is|there's) where (?:i|we|you) (?:want|need|'d like|would like|have|should|"
    r"must|need to) ?"
    r"(?:you|to)?(?: to)?(?: be| go| stand| wait)?(?: please)?$|^(?:go|come|walk|over|run|head)(?: and)?(?: stand|"
    r" wait| over| be)* there$"
)
_AGAIN = re.compile(
    r"(?: (?:one more time|once more|again|another time|there|here|with both hands|with them|for my \w+))+$"
)
_ON = re.compile(
    r"(?:walk|go|move|step) (?:half )?(?:an?|one|two|three|four|[\d.]+) (?:metres?|meters?|m|steps?|paces?)"
)
_INTO_HANDS = re.compile(
    r"(?:now )?(?:in|into) (?:your|both|both your|your two|the) (?:hands?|arms)(?: now| please)?"
)
_SIDE = re.compile(
    r"(?:then |a |one |quarter |another |quarter-)*(?:turn )?(?:to the )?(left|right)(?: again| once more| turn)*"
)
_FAR = re.compile(
    r"(?:then |go |and )*((?:another |one more |a further )?)((?:\w+ )?(?:a )?(?:metres?|meters?|steps?|paces?|m)) "
    r"(forwards?|ahead|backwards?|back)(?: again| more)*"
)
_HEADS = re.compile(
    r"(?:empty|clear|tidy|swap|sort|round|here|sequence|list|plan|tasks?|would you|will you|if you|rearrange|"
    r"switch)\b"
)
"""How clauses begin that a list of what is to be done follows."""

_SMALL_TALK = re.compile(
    r"(?:i (?:want|wanna|'d like|would like) (?:to )?see (?:you|a|it|that|how)\b|make sure (?:they|it|that)(?: "
    r"are| is|'s)?$|"
    r"(?:don't|do not|never) (?:let go of|drop|lose|put down|spill) (?:it|that|them)(?: down)?$|(?:go[ ,!]*)+$|"
    r"(?:everybody |everyone |all )?watch (?:the|our|that) (?:robot|big)|(?:in|for) (?:no|any) (?:hurry|rush)|"
    r"i (?:keep|kept|nearly|almost|always) (?:on )?(?:\w+ing|\w+ed)\b|(?:tidy|clear|clean) up(?: for (?:us|"
    r"me))?$|silly me|oh no|oh dear|damn it|like in \w+)"
)
_COMPLAINS = re.compile(
    r"(?:i|we|he|she|they|people|everyone|somebody|someone) (?:keeps?|kept|nearly|almost|always) (?:on )?"
    r"(?:tripp|bump|stubb|fall|fell|knock|walk|stumbl|bang|catch|hit)\w* (?:into|over|on|against|my)\b"
)
_IMPERATIVE = re.compile(
    r"^(?:please )?(?!(?:the|a|an|my|our|your|his|her|its|this|that|these|those|and|or|of|in|on|at|with|for|so|"
    r"what|how|"
    r"all|not|no|little|big|is|are|was|it|i|we|he|she|they|you|very|too|really)\b)[a-z]+ "
    r"(?:me|us|the|a|an|my|your|our|some|up|down|out|it|them|that|this|him|her|to|into|onto|over|off|away|two|"
    r"three)\b"
)


def plainly(text: str, scene: SceneState) -> tuple[str, str]:
    """`text`, in the scene's names, in the options' own words, and the same with what it forbids.

    Two empty texts where a clause of it is not understood.
    """
    if not scene.names or _BUT.search(text):
        return "", ""
    told = _Told(scene)
    one = "|".join(re.escape(name.lower()) for name in sorted(scene.names, key=len, reverse=True))
    text = rx.sub(rf"\b(?:that|this|those|these) (?={one})", "the ", text)
    for pattern, plain in _SAID:
        text = pattern.sub(plain, text)
    for clause, mark in _clauses(_LAST_FIRST.sub(r"\1, then \3, then \2", text)):
        if not told.take(clause, mark):
            return "", ""
    plain, whole = (_tidy("".join(words)) for words in (told.made, told.whole))
    steps = read_sequence(read_amounts(plain, scene).text, scene) if plain else ()
    used = {argument.lower() for step in steps for argument in step.arguments}
    strays = used & set(told.banned) or not steps or not told.topics <= used
    return ("", "") if strays else (plain, whole if told.banned else plain)


def _tidy(text: str) -> str:
    return rx.sub(r"^(?:(?:and|but|so|then)\b,? )+", "", text.strip(" ,.;:-"))


class _Told:
    """What was said so far.

    Attributes:
        made: Clauses in the options' words, with the marks behind them.
        whole: The same, with clauses that forbid something.
        banned: Things that are not to be dealt with.
        topics: Things that were named before it was said what to do with them.
    """

    def __init__(self, scene: SceneState) -> None:
        self.made: list[str] = []
        self.whole: list[str] = []
        self.banned: list[str] = []
        self.topics: set[str] = set()
        self._scene = scene
        self._names = [name.lower() for name in scene.names]
        self._reader = Clauses(scene)
        self._before = ""
        one = "|".join(map(re.escape, self._names))
        self._asks_back = rx.compiled(
            r"(?:where|why|who|whose|which|how|what)(?:'s)? (?!about\b|(?:don't|not)\b)|"
            r"(?:do|does|did|is|are|was|were|has|had)(?:n't)? (?:the |both |all |my |our |your |these |those |any |"
            rf"that |this |a |an )*(?:{one})(?![\w-])"
        )

    def take(self, clause: str, mark: str) -> bool:
        """Take note of one clause; whether it was understood, or asks for nothing."""
        lead = _LEAD.match(clause)
        start = lead.group() if lead else ""
        rest = clause[len(start) :]
        if self._asks_back.match(rest):
            return False
        if _DID.match(rest):
            self._reader.heard(rest, done=False)
            return True
        start = _THEN.sub("then ", start)
        start = "" if start == "first " and self.made and self.made[0].startswith("before ") else start
        said = self._said(rest)
        if said is not None:
            self._add(f"{start}{said}{mark}")
            self._before = rest
            return True
        if self._together(rest, mark):
            return True
        spoken = [name for name in self._names if rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", rest)]
        if _BAN.search(rest) and _asks(rest):
            return False
        if _BAN.search(rest) and rx.search(r"\b(?:until|till|unless|if|before|after)\b", rest):
            return False
        if _BAN.search(rest) and spoken and not _serves_not(rest, spoken):
            self.banned += spoken
            self.whole.append(f"{clause}{mark}")
        elif not _idle(rest, start, self._names) and not (mark.strip() == ":" and _HEADS.match(rest)):
            return False
        self._reader.heard(rest, done=False)
        if self.made and mark.strip() in (".", ";", "!", "?", ":"):
            self.made[-1] = rx.sub(r"[,\s]*$", ". ", self.made[-1])
            self.whole[-1] = rx.sub(r"[,\s]*$", ". ", self.whole[-1])
        return True

    def _add(self, words: str) -> None:
        self.made.append(words)
        self.whole.append(words)

    def _together(self, rest: str, mark: str) -> bool:
        """Whether a clause goes on with the one before it: "push the parcel, to the right"."""
        if not self.made or not rx.match(r"(?:to|on|onto|in|into|with|at|over)\b", rest):
            return False
        both = self._reader.plain(f"{self._before} {rest}")
        if both:
            self.made[-1] = self.whole[-1] = f"{both}{mark}"
        return bool(both)

    def _said(self, rest: str) -> str | None:
        """What a clause asks for in the options' words; None where it is not understood."""
        plain = rest.strip(" ,.;:!?-")
        if not plain or is_filler(plain) or _AMOUNT.fullmatch(plain) or (self.made and _UP.fullmatch(plain)):
            return "" if _UP.fullmatch(plain) else plain
        if self._reader.spoken.place and _THERE.search(plain) and not _BAN.search(plain):
            return f"walk to the {self._reader.spoken.place}"
        plain = self._reader.shorter(plain)
        for form in _forms(plain, self._scene) if not _BAN.search(plain) else (plain,):
            if read_sequence(read_amounts(form, self._scene).text, self._scene):
                self._reader.heard(form)
                return form
        if _BAN.search(plain):
            return None
        often = _OFTEN.search(plain)
        if often and (said := self._said(plain[: often.start()])):
            return f"{said}{often.group()}"
        bare = (self._bare(form) for form in _forms(plain, self._scene))
        return self._reader.plain(plain) or next((said for said in bare if said is not None), None)

    def _bare(self, plain: str) -> str | None:
        """Things alone: places to go to, what the verb before is about as well, or what is spoken of next."""
        one = "|".join(re.escape(name) for name in sorted(self._names, key=len, reverse=True))
        hands = _INTO_HANDS.fullmatch(plain)
        if hands and self._reader.spoken.thing:
            return self._reader.plain(f"take the {self._reader.spoken.thing}") or None
        again = r"(?:(?:back |over |on |then |next )*(?:to|at|on|by)? ?)(?:the )?"
        if not rx.fullmatch(
            rf"{again}(?:{one})(?:(?:,? and|,)? (?:the )?(?:{one}))*(?: again| next| first| now)*", plain
        ):
            return None
        found = rx.findall(one, plain)
        loads = [name for name in found if self._reader.takes(name)]
        if not loads:
            same = self._reader.again(found)
            return same or self._reader.walks(found)
        if len(loads) < len(found) or len(loads) > 1:
            return None
        if same := self._reader.again(found):
            return same
        self.topics |= set(loads)
        self._reader.heard(plain)
        return "" if not self.made else None


def _forms(plain: str, scene: SceneState) -> Iterator[str]:
    """A clause, and it without small words in front, without what is told behind, and without idioms."""
    found = [plain]
    words = plain.split()
    for k in range(1, min(len(words), 9)):
        if not is_lead(words[:k]):
            break
        found.append(" ".join(words[k:]))
    found += [short for form in tuple(found) if (short := _AGAIN.sub("", form)) != form and short]
    found += [f"{form} forward" for form in found if _ON.fullmatch(form)]
    found += [short for form in tuple(found) if (short := without_tail(form)) != form and short]
    found += [f"turn {m.group(1)}" for form in found if (m := _SIDE.fullmatch(form))]
    found += [f"walk {m.group(1)}{m.group(2)} {m.group(3)}" for form in tuple(found) if (m := _FAR.fullmatch(form))]
    yield from found
    for form in dict.fromkeys((found[0], found[-1])):
        said = without_byways(without_gestures(form, scene)[0], scene)[0]
        if said != form:
            yield said


def _clauses(text: str) -> list[tuple[str, str]]:
    """Clauses of `text` with the marks behind them; a conjunction that only joins things opens none."""
    pieces = _MARK.split(text)
    found: list[tuple[str, str]] = []
    for clause, mark in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if found and not found[-1][1].strip() and found[-1][1] and not _opens(clause, found[-1][0]):
            before, gap = found.pop()
            clause = f"{before}{gap}{clause}"
        found.append((clause, mark))
    return [(clause, mark) for clause, mark in found if clause.strip()]


def _opens(clause: str, before: str) -> bool:
    """Whether a clause with a conjunction in front begins something of its own."""
    if rx.match(r"(?:it's|its|he's|she's|they're|i'm|im|we're)\b", clause):
        return not rx.search(
            r"\b(?:where|when|because|if|that|what|who|and|but|so|as|since|than|think|know|says?|said)$", before
        )
    if rx.search(r" (?:to|on|onto|in|into|goes|go|gets) ", before) and rx.match(
        r"and (?:the |both )?[a-z ]+? (?:to|on|onto|in|into|goes|go) (?:the )?[a-z]", clause
    ):
        return True
    rest = clause[len(m.group()) :] if (m := _LEAD.match(clause)) else clause
    first = rx.match(r"(?:(?:please|you|can|could|then|now|just|also) )*([a-z'-]+)", rest)
    word = first.group(1) if first else ""
    return word in request_verbs() or word in known_verbs() or not rx.match(r"and (?:the|a|an|my|your)\b", clause)


def _asks(clause: str) -> bool:
    """Whether a clause asks for something first, whatever it forbids then: "go to the bin without touching it"."""
    words = [word for word in rx.findall(r"[a-z'-]+", clause) if not is_lead([word])]
    return bool(words) and words[0] in request_verbs() - {"leave", "keep", "let", "have"}


def _serves_not(clause: str, spoken: Sequence[str]) -> bool:
    """Whether a clause says how a thing is, rather than what is not to be done: "the box is no good"."""
    one = "|".join(re.escape(name) for name in spoken)
    return rx.match(
        rf"(?:the |that |this )*(?:{one}),? (?:(?:is|are) (?:no|not) (?!to\b)|don't (?!go|belong)|doesn't (?!go|"
        rf"belong)|"
        r"didn't |hasn't |has no |have no |won't (?!be)|isn't (?!to\b)|can't (?!be)|never (?!go))", clause
    ) is not None  # fmt: skip


def _idle(rest: str, lead: str, names: Sequence[str]) -> bool:
    """Whether a clause asks for nothing."""
    plain = rest.strip(" ,.;:!?-")
    if rx.search(r"\b(?:before|after|once|when|as soon as)\b", lead) and plain:
        return False
    spoken = any(rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain) for name in names)
    first = rx.match(r"[a-z'-]+", plain)
    asks = first is not None and first.group() in request_verbs() | known_verbs()
    if _COMPLAINS.match(plain):
        return True
    if spoken and asks:
        return False
    if (
        not plain
        or _STAYS.fullmatch(plain)
        or calls(plain, names)
        or tells(f"{lead}{plain}".strip(), names)
        or tells(plain, names)
    ):
        return True
    if spoken:
        return False
    if _SMALL_TALK.match(plain) and "and" not in lead.split():
        return True
    if rx.match(r"(?:my )?hands (?:are |r )?full\b|(?:can't|cannot|couldn't|can hardly) \w+", plain):
        return True
    if _HARMLESS.match(plain) and not _OWN.search(plain):
        return True
    if _OWN.search(plain) or _IMPERATIVE.match(plain):
        return False
    return not asks and ("and" not in lead.split() or len(plain.split()) > 1)
