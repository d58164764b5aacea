"""What is told beside a request: "truck's at the dock in ten", "because the baby is asleep".

On a text in the scene's names. A clause is left out only where it says plainly that it tells something: it gives a
reason, or has a subject and a verb of its own; where it does not say how something shall be, whom something is not
allowed, or what somebody wants; and where a request is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from planners import rx
from planners.corpus.phrases import moves, verbs
from planners.grounding.looks import lexicon

_LEAD = (
    r"(?:(?:and|but|so|then|and then|now|please|kindly|just|first|next|finally|also|lastly|maybe|perhaps|after that|"
    r"afterwards|anyway|ok(?:ay)?|right|well|quickly|quick|carefully|gently|slowly|you (?:must|should|have to|"
    r"need to|"
    r"may|might|can|could|ought to|shall|will|better|would)(?: (?:now|please|just|then))?|you'd better|better|"
    r"go and|come and|"
    r"go|come|try to|try and|let's|let us|of all|off|two|three|last)[, ]+)*"
)
_SHALL = re.compile(
    r"\b(?:should|must|shall|needs?|has to|have to|having to|ought|wants?|wanted|belongs?|would like|would love|"
    r"'d like|"
    r"could do with|could use|can do with|has got to|have got to|gotta|wish|hope|goes|go|fancy|supposed|to be|"
    r"allowed|forbidden|had better|'d better|prefer|only|(?:will|would|'ll|'d) (?:just )?(?:do|be fine|be good|"
    r"be ok|be great|"
    r"be perfect|work))\b|\w'll do\b|\b(?:n't|not|never) (?:allow|let)\b"
)
"""How something shall be, or what somebody wants."""

_BAN = re.compile(
    r"\b(?:nobody|no one|no-one|anyone|anybody|don't|do not|dont|never|not|no|without|avoid|leave|stays?|keep|"
    r"only|out of bounds|"
    r"off limits|off-limits|careful|except|but)\b"
)
"""What may be a prohibition, where it is not about persons who cannot do something."""

_ABLE = re.compile(
    r"\b(?:(?:i'm|it's|he's|she's|they're|we're) not|can't|cannot|can not|can barely|can hardly|couldn't|hasn't|"
    r"haven't|doesn't|don't|didn't|isn't|aren't|"
    r"wasn't|"
    r"weren't|won't|is not|are not|am not|never) "
)
_WHO = (
    r"(?:i|we|he|she|they|it|that|this|there|those|these|my|our|his|her|their|its|some(?:body|one)|everyone|"
    r"everybody|"
    r"people|who|nobody|no one|the|a|an|im|ive|its|thats|theres|mum|mom|dad|gran|nan|he's|she's|they're|we're|i'm|"
    r"i've|"
    r"it's|that's|there's|who's|i'd|i'll|we've|he'd|she'd|everything)"
)
_IS = (
    r"(?:is|are|was|were|am|has|have|had|been|be|can|could|will|would|won't|can't|isn't|aren't|wasn't|hasn't|haven't|"
    r"doesn't|don't|didn't|does|do|did|might|may|feels?|looks?|seems?|gets?|got|keeps?|kept|left|came|comes?|said|"
    r"says?|"
    r"told|thinks?|thought|makes?|made|took|takes?|gave|gives?|stands?|stood|sits?|sat|lies|lay|broke|bought|"
    r"brought|hurts?|"
    r"loves?|likes?|hates?|knows?|knew|lost|forgot|asked|asks|tells?|sees?|saw|hears?|waits?|waited|worry|worries|"
    r"believe|guess|"
    r"reckon|suppose|promised?|promise|bet|spotted|noticed?|remember|swear|smells?|rings?|rang|belonged|uses?|"
    r"used|works?|worked|"
    r"wonder|watch|watched|hit|tripped|barked|dropped|spilt|spilled|ran|run|went|started|starts|finished|just|"
    r"already|always|"
    r"still|really|do|gonna|been|ain't|all|both)"
)
_TELLS = re.compile(
    rf"^(?!(?:and )?(?:there|then) (?:you|be) [a-z])(?:(?:and|but|so|because|as|since|cause|cos|'cause|you see|"
    rf"honestly|anyway|well|oh|also|now|today|tonight|"
    rf"sorry|"
    rf"i think|i see that|i see|look|see|listen|truth is|to be honest|yes|yeah|no|mind you|though|plus|apparently|"
    rf"by the way|btw)[, ]+)*"
    rf"(?:(?:i|we|he|she|they) (?!want|need|would|wish|should|order|command|insist|demand|expect)[a-z']+|"
    rf"(?:my|our|his|her|their) [a-z]+ [a-z']+|{_WHO}\b(?:[\w' -]*? )??(?:{_IS}|\w+(?:'s|'re|'ve|'ll|"
    rf"'d))(?![\w'])|(?!(?:when|once|if|after|before|while|"
    rf"until|as|where|whenever) )(?:[\w-]+ ){{0,2}}[\w-]+(?:'s|'re|s're) |"
    rf"(?:i'm|im|it's|its|that's|thats|there's|theres|he's|she's|they're|we're|i've|ive|we've|who's|i'd|"
    rf"i'll)(?![\w']))"
)
_WHY = re.compile(
    r"^(?:and |but |only |just |mostly |partly )?"
    r"(?:because|cause|cos|coz|cuz|'cause|'cos|bc|b/c|since (?!you)|for (?:he|she|it|they|i|we|the|my) |"
    r"so (?:that )?(?:i|we|he|she|they|it|"
    r"people|everyone|everybody|nobody|no one|somebody|someone|the|that|this|my|our|mum|dad|grandma)\b|"
    r"in case\b|otherwise\b|or else\b|before (?:somebody|someone|anyone|anybody|it|he|she|they|i|we|the|my)\b|lest\b|"
    r"while (?:i|we|he|she|they|it|the|my)\b|as (?:i|we|he|she|it|they|the|my)\b|"
    r"seeing (?:as|that|how)\b|given that\b|considering\b|thanks to\b|due to\b|to save\b|to make (?:room|space|"
    r"way)\b)"
)
_AIM = re.compile(
    r",? (?:because|cause|cos|coz|cuz|'cause|'cos|bc|seeing as|seeing that|given that|in case|so that|otherwise|"
    r"or else|lest|"
    r"(?:since|as) (?=(?:i|we|he|she|it|it's|they|my|our|his|her|their|i'm|i've|he's|she's|they're|we're|mum|"
    r"dad)\b(?! (?:said|told|asked)))|"
    r"so (?=(?:i|we|he|she|they|it|people|everyone|everybody|nobody|no one|somebody|someone|the|that|this|my|our|"
    r"mum|dad)\b)|"
    r"before (?=(?:somebody|someone|anyone|anybody|it's|he|she|they|i|we|the kids|the children|my)\b))[^.;!?]*"
)
"""A reason behind a request; what comes after it with "then" is a request again."""

_BREAK = re.compile(r"(?<=[.;:!?]) +|(?<=,) +| (?=(?:and|but) )")


@cache
def request_verbs() -> frozenset[str]:
    """Plain verbs that a request for what can be done begins with."""
    phrases = [p for entry in verbs().values() for use in entry["words"].values() for p in use if "|" in p]
    phrases += [p for words in moves("say").values() for p in words]
    found = {phrase.split(" ")[0].split("|")[0] for phrase in phrases}
    found |= {
        w for use in ("doings", "deeds", "carriers") for words in lexicon()[use].values() for w in words.split()
    }
    return frozenset(
        found | {"walk", "go", "come", "put", "give", "turn", "have", "let", "return", "finish", "end", "start"}
    )


@cache
def _shouts() -> tuple[str, ...]:
    return tuple(sorted({phrase for words in moves("shouts").values() for phrase in words}, key=len, reverse=True))


def begins_request(clause: str) -> bool:
    """Whether a clause begins as a request does: with a verb of something that can be done, or a shout."""
    plain = clause.strip(" ,.;:!?-")
    if plain.startswith(_shouts()):
        return True
    for match in rx.finditer(_LEAD, plain):
        rest = plain[match.end() :]
        break
    else:
        rest = plain
    first = rx.match(r"[a-z'-]+", rest)
    if first is not None and first.group() in request_verbs():
        return True
    return rx.match(r"(?:go|come|try)\b", plain) is not None


def _polite(clause: str) -> bool:
    """Whether it asks in a roundabout way, or says how something shall be."""
    return rx.search(
        r"\b(?:needs?|wants?|requires?) [a-z]+ing\b|\b(?:can|could|would|will|won't|couldn't|can't|wouldn't|may|"
        r"should|must|shall|might) you\b|"
        r"\b(?:see|watch|have|get) you [a-z]+|"
        r"\byou (?:can|could|should|must|may|might|have to|need to|will|would|shall|ought|'d better)\b|"
        r"\b(?:want|need|like|love|ask|tell|told|prefer|fancy)(?:ed|ing)? (?:for )?(?:you|someone|somebody)\b|"
        r"\bif you(?:'d| would| could| can)?\b|\byou mind\b|\bhow about\b|\bwhat about\b|\bwhy (?:don't|not)\b|"
        r"\bplease\b", clause
    ) is not None  # fmt: skip


_NARRATED = re.compile(
    r"^(?:i|we|he|she|they|mum|dad|my [a-z]+|someone|somebody)(?:'ve| have| has|'s)? (?:already|just|once|also) "
    r"(?:put|shut|set|hit|took|brought|moved|gave|closed|touched|pressed|kicked|went|picked|pushed)\b[^.;!?,]*$"
)


def narrated(text: str) -> str:
    """That `text` tells of what was done and asks for nothing; empty where it may ask."""
    return "this tells of what was done: say what to do" if _NARRATED.match(text) else ""


def asks_for_something(text: str) -> bool:
    """Whether a clause of `text` is a request."""
    return any(begins_request(piece) or _polite(piece) for piece in _pieces(text))


def without_asides(text: str, names: Sequence[str], movable: Sequence[str] | None = None) -> str:
    """`text`, in the names of a scene, without clauses that tell something; as it is where no request is left."""
    cut = _cut_reasons(text)
    pieces = _pieces(cut)
    asks = [begins_request(piece) or _polite(piece) for piece in pieces]
    if not any(asks):
        return text
    own = tuple(name.lower() for name in names)
    movable = own if movable is None else tuple(name.lower() for name in movable)
    kept: list[str] = []
    left = False
    for piece, ask in zip(pieces, asks, strict=True):
        left = not ask and (_tells(piece, own, movable) or calls(piece, own) or (left and _goes_on(piece, own)))
        kept += [] if left else [piece]
    if len(kept) == len(pieces):
        return cut
    made = " ".join(kept)
    spoken = [name for name in own if rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    if spoken and rx.search(r"\bgo (?:over )?(?:and )?(?:see|check|look|have a look|find out)[ .!?]*$", made):
        return f"walk to the {min(spoken, key=text.index)}"
    made = rx.sub(r"^(?:(?:and|but|so)[, ]+)+", "", made)
    return rx.sub(r"[ ,;:-]+$", "", rx.sub(r" {2,}", " ", made)).strip()


def _cut_reasons(text: str) -> str:
    """`text` without reasons behind requests, as far as the next request."""

    def cut(match: re.Match[str]) -> str:
        sentence = rx.split(r"[.;!?] ", match.string[: match.start()])[-1]
        if not begins_request(sentence.split(", ")[-1]) and not begins_request(sentence):
            return match.group()
        said = match.group()
        for more in rx.finditer(r",? (?:and then|then|and after that|after that|and|but) |, ", said):
            rest = said[more.end() :]
            if more.start() > 0 and begins_request(rest) and not rx.match(r"(?:go|come|like|have)\b", rest):
                return said[more.start() :]
        return ""

    return _AIM.sub(cut, text)


def _pieces(text: str) -> list[str]:
    """Clauses with their marks."""
    found: list[str] = []
    for piece in _BREAK.split(text):
        so = next((m for m in rx.finditer(r",? (?:so|then) ", piece) if begins_request(piece[m.end() :])), None)
        found += [piece] if so is None or begins_request(piece) else [piece[: so.start()], piece[so.end() :]]
    return [piece for piece in found if piece.strip()]


_CALLS = re.compile(
    r"^(?:(?:hey|hi|hello|oi|yo|ok|okay|right|alright|so|well|oh|now|listen|look|please|there|um+|er+|ah|my|our|"
    r"dear|the|you) ?)*"
    r"(?:(?:young|old|big|little|good|dear|clever|lovely|sweet|mr|mister|miss|mrs|tin|metal|my|great|strong) )*"
    r"(?:man|lad|lady|fella|fellow|guy|boy|girl|chap|sir|madam|ma'am|friend|mate|pal|buddy|bud|dude|bro|bruv|bruh|"
    r"fam|one|thing|robot|"
    r"robo|robbie|bot|machine|partner|love|dear|darling|sweetie|honey|hon|pet|chuck|hen|son|kiddo|champ|"
    r"chief|boss|captain|"
    r"gaffer|squire|guv|mister|c'mon|come on|lol|lmao|haha|hehe|omg|omfg|ugh|whoa|wow|argh|phew|hmm+|um+|uh+|er+|"
    r"oh|ah|oops|"
    r"thanks|thank you|cheers|ta|please|quick|quickly|chop chop|go on|go|pretty please|sharpish|pronto|x+|xo|kk?|"
    r"tysm|plz|asap|"
    r"task list|tasks|to do|todo|protocol|execute|orders|end|done|finished|over and out|out|that(?:'s| is) (?:it|"
    r"all|right)|(?:you can )?do it|"
    r"can't you|big helper|helper|poor thing|poor lamb|nice one|well done|off you go|there you go|there we go|"
    r"bless you|off you go|on you go|hurry up|hurry|be quick|good morning|good afternoon|"
    r"good evening|"
    r"morning|afternoon|evening|ey up|right then|now then|ok then|alright then|listen up|attention|do it|will you|"
    r"would you|"
    r"if you please|if you would|if you could|if you will|if you can|if you don't mind|no rush|no hurry|"
    r"no problem|no worries)"
    r"(?: (?:please|now|then|mate|love|dear|man|robot|with sprinkles(?: on)?|with a cherry on top|"
    r"with sugar on top|again|so much|very much|a lot|a million|in advance))*$"
)
"""Whom one speaks to, and what one calls out."""


_FRAGMENT = re.compile(
    r"^(?:(?:and|but|so|oh|well) )*(?:been|nice|lovely|what (?:a|an)|such|poor|good|great|bad|arvo|wrong|typical|"
    r"honestly|bless|"
    r"shame|pity|no idea|not sure|no wonder|same old|long day|busy|knackered|shattered|thank goodness|thank god|"
    r"goodness|excuse|"
    r"forgive|pardon|sorry)\b|^[\w' -]+ (?:time|here|speaking|again)$|^(?:where|why|how|what) (?:do|does|is|are|"
    r"did)\b[^?]*$"
)
"""How pieces begin that tell or exclaim something without a subject."""


def calls(piece: str, own: Sequence[str]) -> bool:
    """Whether a clause only calls somebody, thanks, or heads a list."""
    plain = piece.strip(" ,.;:!?-")
    names = any(rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain) for name in own)
    wrong = plain.startswith(("wrong ", "that's the wrong ", "not that "))
    if _CALLS.match(plain) or wrong or (_FRAGMENT.match(plain) and not names):
        return True
    heads = piece.rstrip().endswith(":") and not rx.search(
        r"\b(?:not|never|don't|only|no|without|twice|times|reverse|order|backwards|either|each|every|both|"
        r"all)\b",
        plain,
    )
    return heads and not any(rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain) for name in own)


def _goes_on(piece: str, own: tuple[str, ...]) -> bool:
    """Whether it goes on with what was told before."""
    plain = piece.strip(" ,.;:!?-")
    names = any(rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain) for name in own)
    return (
        not names
        and rx.match(
            r"(?:and |but |so )?(?:[a-z]+ly )*(?:[a-z]+(?:ing|in'?)\b|[a-z]+ed\b|with|at|in|on|for|like|as|all|not|"
            r"too|even|to)",
            plain,
        )
        is not None
    )


def _tells(piece: str, own: tuple[str, ...], movable: tuple[str, ...]) -> bool:
    """Whether a clause plainly tells something."""
    plain = piece.strip(" ,.;:!?-")
    about = [name for name in own if rx.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)]
    if _WHY.match(plain):
        return not _polite(plain) or not about
    subject = rx.match(rf"(?:the )?(?:{'|'.join(map(re.escape, own))})(?:'s)?(?: \w+)* ?", plain) if own else None
    told = _TELLS.match(plain) or (subject and rx.match(
        rf"(?:the )?(?:{'|'.join(map(re.escape, own))})(?:'s|s)? ?(?:(?:just|really|still|already|always|"
        rf"only) )*(?:{_IS}(?![\w'])|(?!goes|needs|wants|belongs)[a-z]{{3,}}s\b)", plain))  # fmt: skip
    if not told:
        return False
    bans = _ABLE.sub(" ", rx.sub(r"^(?:(?:and|but|so) )+", "", plain))
    if _BAN.search(bans) and (about or rx.search(r"\byou\b", bans)):
        return False
    if about and rx.search(
        r"(?:'ll|will|would|'d) (?:just )?(?:do|suit|be (?:fine|good|ok|okay|perfect|great))\b|"
        r"\b(?:is|'s) (?:fine|ok)\b",
        plain,
    ):
        return False
    handled = [name for name in about if name in movable]
    return not (
        _SHALL.search(plain) and (handled or rx.match(r"(?:i|we|i'd|it|that|this)\b", plain) or "you" in plain)
    )


def tells(piece: str, own: Sequence[str]) -> bool:
    """Whether a clause, in names `own` in lower case, plainly tells something."""
    return _tells(piece, tuple(own), tuple(own))
