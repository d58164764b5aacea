"""What is said around a request and asks for nothing: greetings, thanks, hedges, how the speaker is.

By lists of set phrases, and by one rule: a sentence about the speaker that speaks of nothing that is here says why,
not what. A text that is nothing else is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from planners import rx
from planners.grounding.doings import inflected
from planners.grounding.linking import is_listed
from planners.grounding.looks import lexicon, look_of
from planners.grounding.mentions import known_verbs, singular

_WHO = (
    r"(?:robot|robo|mate|buddy|bud|pal|friend|my friend|dear|love|sir|madam|ma'am|man|dude|everyone|there|you|boss|"
    r"(?:big|old|little|young|good) (?:guy|man|lad|fella|fellow|chap|boy|one|thing|sir)|partner|mister|pet|"
    r"son|hen|bruv|"
    r"champ|sweetie|darling|honey|bro|old chap|old boy|kiddo)"
)
_HELLO = (
    r"hey+|hi+|hiya|heya|hello|oi|yo+|hullo|howdy|ahoy|greetings|ugh|ooh|oh|ah|um+|uh+|hm+|er+m?|ok(?:ay)?|"
    r"alright|right then|well|"
    r"aye|och|ach|righto|righty-?ho|cor|blimey|crikey|gosh|golly|(?:oh )?bother|drat|darn|dang|brr+|phew|whew|"
    r"yikes|yay|psst|"
    r"ahem|simon says|(?:kindly |please )?do one thing|right|now then|ey up|ay up|wotcha|g'day|bruh|bro|omg|omfg|"
    r"lol|c'mon|come on|listen up|attention|quick|so|"
    r"listen|look here|"
    r"good day|sup|mister robot|mr robot|hiya robot|excuse me(?: for [^,.;:!?]*)?|forgive me(?: for [^,.;:!?]*)?|"
    r"pardon me(?: for [^,.;:!?]*)?|(?:i am |i'm )?sorry (?:for|to) [^,.;:!?]*|pardon me|sorry to bother you|"
    r"sorry|good (?:morning|"
    r"afternoon|evening|day)|"
    r"dear robot|robot|robo|sir|mate"
)
_GREETING = re.compile(rf"^(?:(?:{_HELLO})(?: {_WHO})?(?: then)?(?:[,!.:;]+ ?| (?=\S)))+")
_IF_KIND = re.compile(
    r"(?:^|(?<=[,.;:!?] ))if (?:it|that|you|you've|you're|it's|that's|at|i|there's|there)[^,.;:!?]*\b(?:mind|"
    r"moment|minute|second|"
    r"sec|time|busy|trouble|bother|possible|free|able|kind|please|good|better to do|spare|chance|ask|may|"
    r"all right|alright|"
    r"okay|ok|suits you|too much)(?: of you| for you| to you| at all| right now| now)?,? (?=[a-z])"
)
_NO_HURRY = re.compile(
    r",? ?(?:and |but )?(?:please )?(?:do not|don't|no need to|there's no need to) (?:hurry|rush|worry|"
    r"trouble yourself|panic|fret)[^,.;:!?]*[,.;:!?]?|"
    r",? ?(?:and |but )?(?:don't|do not) make me (?:ask|say|tell)[^,.;:!?]*|,? ?i(?:'ll| will|"
    r" won't) (?:only )?(?:say|ask) (?:it|this|again)?[^,.;:!?]*once"
)
_WHEN_FREE = re.compile(
    r"(?:^|(?<=[,.;:!?] ))when(?:ever)? (?:you|it)[^,.;:!?]*\b(?:moment|minute|second|sec|chance|time|ready|free|"
    r"can|suits you|convenient),? (?=[a-z])"
)
_POLITE = r"(?:please|kindly|maybe|perhaps|just|possibly|quickly|sort of|kind of|like|really)"
_WONDER = (
    r"(?:(?:and )?(?:i|we)(?: was|'m| am| were)(?: just| sort of)? (?:thinking|wondering|hoping)"
    r"(?:,? (?:like|that|if|whether|maybe|perhaps))*,? )?"
)
_DEAR = (
    r"(?:dear|star|angel|love|lamb|pet|darling|sport|pal|mate|good (?:lad|boy|girl|robot|chap|fellow|one)|"
    r"sweetheart|sweetie|legend|hero|treasure|champ|doll|gem|honey)"
)
_GLAD = r"(?:grateful|obliged|happy|glad|pleased|delighted|chuffed|thankful|over the moon|appreciative)"
_NICE = (
    r"(?:nice|great|lovely|good|wonderful|brilliant|fab|fantastic|grand|kind|super|ideal|helpful|a great help|"
    r"a big help|best)"
)
_YOU = r"(?:you(?:'d| could| would| can| might|'ll| will)?)"
_WISH = (
    r"(?:do you (?:think|reckon|suppose) (?:that )?)?you (?:could|might|can)|(?:can|could|would|will|won't|"
    r"couldn't|can't|wouldn't) you|"
    rf"would you be (?:so (?:kind|good) as to|able to|willing to|up for|a {_DEAR} and|kind enough to|good enough to)|"
    rf"be (?:so (?:kind|good) as to|a {_DEAR} and|an? {_DEAR},|kind enough to|good enough to)|(?:i|we)(?:'d|"
    rf" would) (?:like|love|want|prefer)(?: it if)? you to|"
    rf"if {_YOU} be (?:so (?:kind|good) as to|a {_DEAR} and|kind enough to)|"
    r"(?:i|me|we)(?:'d| would)? (?:want|need|like|wish|ask)s? (?:that |for |from )?you(?: (?:to|should|must|will|"
    r"shall|"
    r"may))?(?: (?:please|to))?|(?:i'm|i am) asking you to|"
    r"(?:may|can|could|might) i (?:please )?(?:ask|trouble|get|bother|request)(?: of)? you to|(?:i|"
    r"we) (?:would )?(?:beg|request|ask|urge|order|command) (?:of )?you to|"
    rf"(?:(?:he|she|they|anna|grandpa)(?:'d| would)|i'd|we'd) be (?:over the moon|so happy|glad|grateful|"
    rf"delighted|pleased|"
    rf"thrilled|chuffed|so pleased) if {_YOU}|(?:i|we|he|she|they)(?:'d| would) (?:really |just )*(?:love|like) to "
    rf"(?:see|watch) you|"
    rf"i(?:'d| would)? be (?:ever so |so |very |most |really |much |eternally |"
    rf"forever )*{_GLAD}(?: to you)? if {_YOU}|"
    rf"(?:it(?:'d| would| will|'ll) be|would it be) (?:so |very |really |just |ever so |most |too )*(?:{_NICE}|"
    rf"possible|okay|ok|alright|all right|much (?:bother|trouble|to ask))(?: of you)?,? (?:if|for) {_YOU}(?: to)?|"
    rf"(?:is it|would it be) (?:too much (?:trouble|bother|to ask)|possible|ok|okay|a bother)(?:,? (?:dear|love|"
    rf"mate|sir|please))?,?(?: for you)?(?: to| if {_YOU})|"
    rf"(?:is there |there's )?any chance (?:that |of )?{_YOU}|what (?:i|we)(?:'d| would)? (?:need|want|"
    rf"like)(?: now)?(?: (?:you to do|from you))? is(?: for you)?(?: to)?|"
    r"(?:how|what) about you|why don't you|why not|(?:let's|let us) (?:have|see|get) you|i(?:'d|"
    r" would) appreciate (?:it )?if you(?:'d| could| would)?|"
    r"make sure (?:that )?you|see (?:if|whether) you can|(?:try|attempt) (?:to|and)|all you (?:have|"
    r"need) to do is(?: to)?|(?:it's |it is )?time (?:for you )?to|"
    r"(?:your|the) (?:mission|assignment|first (?:job|task)|next (?:job|task)) (?:today |now )?is to|(?:don't|"
    r"do not|dont) forget to|"
    r"(?:remember|be sure|make sure|mind|please|feel free) to|(?:could|can|would) you do (?:me|us) (?:a|"
    r"the) (?:favou?r|kindness|good turn)(?: and|[,:;])|"
    r"(?:give|lend) (?:me|us) a hand(?: here)?(?: and|[,:;])|help (?:me|us) out(?: here)?(?: and|[,:;])|"
    rf"(?:i|we)(?:'d| would) be (?:so |very )?grateful if you (?:could|would)|if {_YOU} (?:just|kindly|please|"
    rf"quickly)|(?:you|u) better|"
    r"(?:do )?(?:me|us) a favou?r(?: and|[,:;])|do me a favou?r(?: and|[,:;])|your (?:job|task) is to|you (?:have|"
    r"need|ought|got) to|you(?:'re| are) (?:going )?to|kindly to|"
    r"(?:kindly )?do the needful(?: and)?|i (?:think|reckon|suppose|guess|say) you should|you (?:may|might|can|"
    r"could|should|must|shall|better)(?: (?:to|now|please|kindly))*(?: go ahead and)?|"
    r"(?:i )?(?:bet|dare|challenge) you(?: (?:can't|cannot|can|to|could|couldn't)(?: even)?)?|(?:is|it's|it is) "
    r"(?:it )?possible (?:that |"
    r"for )?you(?: (?:to|can|could))?|"
    r"go ahead and|go on and|get on and|i say,?|care to|would you care to|want to|would you (?:like|want) to|"
    r"do you (?:want|fancy) to|"
    r"who(?:'s| is) (?:going to|up for|able to)|who (?:can|will|wants to|could|would)|i(?:'d| would|"
    r" should) be [^,.;:!?]*?(?:grateful|obliged|glad|pleased) if(?= the\b)|"
    r"are you able to|you're able to|you wouldn't|you couldn't"
)
_MENTAL = r"(?:not|never|mind|see|tell|hear|say|explain|think|know|believe|understand|remember|feel)"
_ASKING = re.compile(
    rf"(?<![\w'])(?:{_POLITE},? )*{_WONDER}(?:{_POLITE},? )*(?:{_WISH})"
    rf"(?: (?:{_POLITE}|be so kind as to|be a dear and|be a star and))*,? (?=[a-z])(?!{_MENTAL}\b)"
)
_MINDING = re.compile(
    r"\b(?:(?:would|do|will) you (?:please )?mind|d'you mind|mind|fancy|feel like|(?:do|would) you (?:fancy|"
    r"feel like)|how about|what about|"
    r"(?:do|would you do) (?:me|us) the (?:kindness|favou?r|courtesy|honou?r|service) of|would you be up for|"
    r"kindly be|please be|be|try|have a go at|you could help (?:me|us) by|you can help (?:me|"
    r"us) by|help (?:me|us) (?:out )?by|"
    r"i'd appreciate you|thank you for|thanks for) "
    r"(?:(?:terribly|awfully|very much|so much|at all|just|please|quickly|you) )*(?P<v>[a-z]+ing)\b"
)
_THANKS = (
    r"(?:thank you|thanks|thank u|cheers|ta|much appreciated|many thanks)(?: (?:so much|very much|a lot|in advance))?"
)
_IF_SO = (
    r"if you (?:please|can|could|would|will|like|don't mind|wouldn't mind|would be so kind|"
    r"have (?:a )?(?:time|moment|minute|second|sec))|when(?:ever)? you (?:have|get|can|are ready|'ve got)"
    r"(?: (?:a|the))?(?: free)?(?: (?:moment|minute|second|sec|chance|time))?"
)
_OVER = (
    r"(?:and )?that's (?:it|all)|and you're done|sort (?:it|that) out|see to it|"
    r"(?:and|then|and then) (?:stop|stay|you can stop|you're done)(?: there| here)?"
)
_TAIL = re.compile(
    rf"(?:(?:(?:,| -)? ?\b(?:(?:pretty )?please(?: with [^,.;:!?]+)?|pls|{_THANKS}|{_IF_SO}|(?:will|would|could|"
    rf"can|won't|wouldn't) (?:you|ya|yer)|ok(?:ay)?|"
    rf"yeah|got it|for me|for us|lol|haha|{_OVER}|there's a (?:good|dear) (?:robot|lad|chap|boy|girl)|asap|i think|"
    rf"i guess|i suppose|i reckon|thx|x+|xo|lmao|mate|innit|eh|(?:please )?do it|go on|chop chop|quick|tysm|pronto|"
    rf"sharpish|kk?|no rush|no hurry|when you're ready|there's a (?:love|dear|pet|good one)|bless you|i beg you|"
    rf"hurry(?: up)?|make it so|get it done)|, (?:{_WHO}|right))[,.!;? ]*)+$"
)
_ABOUT_ME = re.compile(
    r"^(?:and |but |because |as |since )?"
    r"(?:my [a-z]+|i'm|i am|i've|i have|it's|it is|we're|we are|i feel|i can barely)\b"
)
_NEGATED = re.compile(r"\b(?:not|never|no|nothing|without|unless|until|if)\b|n't\b")
_SENTENCES = re.compile(r"(?<=[.;!?]) +|(?<=,) +(?:so )?")


_PAST = {
    "brought": "bring", "gave": "give", "took": "take", "went": "go", "came": "come", "closed": "close",
    "touched": "touch", "pressed": "press", "kicked": "kick", "moved": "move", "handed": "hand", "picked": "pick",
    "pushed": "push", "turned": "turn", "walked": "walk", "popped": "pop", "passed": "pass", "carried": "carry",
}  # fmt: skip
_IF_YOU = re.compile(rf"\b(if you(?:'d)?) ({'|'.join(_PAST)})\b")
"""As in "I'd be glad if you brought it", which asks to bring it."""


def without_smalltalk(text: str, names: Sequence[str]) -> str:
    """`text`, in normal form, without what asks for nothing in a scene of things called `names`."""
    plain = _NO_HURRY.sub("", _GREETING.sub("", text))
    plain = _GREETING.sub("", _WHEN_FREE.sub("", _IF_KIND.sub("", plain.lstrip(" ,.;:!?"))))
    plain = _MINDING.sub(lambda match: _plainly(match.group("v")) or match.group(), _TAIL.sub("", plain))
    plain = _ASKING.sub("", _IF_YOU.sub(lambda match: f"{match.group(1)} {_PAST[match.group(2)]}", plain))
    plain = _without_reasons(plain, names)
    plain = _GREETING.sub("", plain)
    plain = rx.sub(r"^[,.;:! -]+|[,.;:! -]+$", "", plain)
    return plain if len(plain.split()) > 1 or plain in known_verbs() else text


@cache
def _gerunds() -> dict[str, str]:
    """Plain forms of verbs that can be done by their "-ing" forms."""
    plain = " ".join([*lexicon()["doings"].values(), *lexicon()["deeds"].values()]).split()
    plain += ["go", "walk", "come", "turn", "touch", "press", "close", "shut", "stand", "wait", "switch", "visit"]
    plain += ["start", "finish", "crouch", "squat", "pick"]
    return {inflected(verb)[0]: verb for verb in reversed(plain)}


def _plainly(word: str) -> str:
    return _gerunds().get(word, "")


def _without_reasons(text: str, names: Sequence[str]) -> str:
    """Without sentences about the speaker that no thing is named in, where another one is left."""
    own = {word for name in names for word in name.lower().split()}
    pieces = _SENTENCES.split(text)
    kept = [piece for piece in pieces if not _says_why(piece, own)]
    if len(kept) == len(pieces) or not kept:
        return text
    at = text.index(kept[0])
    rest = text[at:]
    for piece in pieces:
        if piece not in kept and piece in rest:
            rest = rest.replace(piece, "")
    return rx.sub(r" {2,}", " ", rest).strip()


def _says_why(piece: str, own: set[str]) -> bool:
    if not _ABOUT_ME.match(piece) or _NEGATED.search(piece):
        return False
    words = rx.findall(r"[a-z']+", piece)
    return not any(word in own or is_listed(singular(word)) or look_of(word) for word in words)
