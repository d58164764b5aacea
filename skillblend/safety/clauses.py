"""A sentence as clauses: where a negation begins, what joins one clause to the next.

No grammar of English, but enough of it to tell "walk to the shelf, but don't touch it" from "don't walk to the
shelf but touch it". Idioms with a negation that forbid nothing ("don't forget to", "why don't you") are set aside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00b4": "'", "`": "'"})
_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W_]+(?:['-][^\W_]+)*|[^\w\s]|\n")
_NOT = {
    "dont": "do not", "donot": "do not", "don": "do not", "doesnt": "does not", "didnt": "did not",
    "wont": "will not",
    "wouldnt": "would not", "cannot": "can not", "cant": "can not", "couldnt": "could not", "mustnt": "must not",
    "shouldnt": "should not", "isnt": "is not", "arent": "are not", "aint": "is not", "mustn": "must not",
    "won't": "will not", "can't": "can not", "shan't": "shall not", "ain't": "is not", "doont": "do not",
    "dnot": "do not", "dotn": "do not", "don't": "do not", "dont't": "do not", "nto": "not", "nott": "not",
    "do'nt": "do not", "d'ont": "do not", "dno't": "do not", "dosn't": "does not", "duont": "do not",
    "nver": "never", "neve": "never", "nevr": "never", "neber": "never", "nevet": "never", "enver": "never",
    "neevr": "never", "never-ever": "never", "witout": "without", "wihtout": "without", "withot": "without",
    "w/o": "without", "withuot": "without", "aviod": "avoid", "avid": "avoid", "avoidance": "avoid",
    "noone": "nobody", "off-limits": "off limits", "no-go": "no go", "out-of-bounds": "out of bounds",
    "dont'": "do not", "plz": "please", "pls": "please", "u": "you", "ur": "your", "untill": "until", "til": "until",
    "hands-off": "hands off", "whithout": "without", "exept": "except", "excpet": "except", "insted": "instead",
}  # fmt: skip

_ASIDES = re.compile(
    r"\b(?:under any (?:circumstances?|condition)|whatever (?:you do|happens|anyone says|else you do)|"
    r"no matter (?:what happens|what|who asks)|i (?:beg|implore|urge|repeat)(?: you)?|for any reason|"
    r"for (?:heaven|god|goodness|pete)'s sake|for the love of god|on any account|at any (?:cost|time|price|point)|"
    r"at all (?:costs|times)|by any means|in any (?:case|way|event)|in the slightest|so much as|even|"
    r"if you (?:can|please|would|will|could)|if (?:at all )?possible|if (?:it's|it is) not too much trouble|"
    r"if you do not mind|please|kindly|seriously|absolutely|definitely|really|simply|though|however|"
    r"thank you (?:very|so) much|thanks|dear robot|my (?:dear|friend|good robot)|robot|buddy|ever again|again|"
    r"(?<!not )ok|(?<!not )okay|hey|hello|hi|um|uh|alright|right now|today)\b"
)
"""They may stand anywhere and change nothing."""

_EMPHATIC = re.compile(
    r"\b(?:under no circumstances?|on no account|by no means|in no case|at no (?:time|point)|in no way|for no reason|"
    r"not (?:ever|under any circumstances?|for any reason|on any account|at any cost))\b"
)

_EVER = re.compile(r"(?:(?<=never )|(?<=not ))(?:, )*ever(?: ,| ever)*(?= \w)")

_BUT = re.compile(
    r"\b(?:anything|everything|anywhere|everywhere|any|all|every|each|nothing|nowhere|none|no)(?: \w+){0,2} but"
    r"(?= (?:the|a|that|this|to|for|those|left|right|touch|press|walk|turn|raise)\b)(?! \w+ (?:do|does|not|never)\b)"
)
"""It means "except" there."""

_DROPPED = (
    r"(?:do not|never) (?:leave|go away|finish|end|come back|return|quit)(?: \w+)? without",
    r"(?:do not|never|not to|does not) (?:you )?(?:forget|fail|hesitate|neglect|omit)(?: to)?",
    r"(?:do not|never) be (?:afraid|shy|scared)(?: to| of)?",
    r"why (?:do|would|can|could) not (?:you|we)|why not|(?:can|could|will|would) not you",
    r"do not you (?:want to|think you (?:could|should|can))",
    r"(?:do not|no need to|never|not to) (?:you )?(?:worry|hurry|rush|panic|fret)(?: about (?:that|it|me))?",
    r"do not just (?:stand|sit|wait|stay)(?: there| around| here)?",
    r"no (?:problem|worries|rush|hurry|pressure|offence|doubt)|not a problem",
    r"i (?:do|would) not mind if you|if you would not mind|it would not hurt (?:you )?to",
)
"""Negations that forbid nothing, and that a request says as well without."""

_KEPT = (
    r"(?:do not|never|without) (?:stop|stopping|pause|pausing|rest|wait|waiting|quit|halt|halting)\b"
    r"(?! (?:at|on|by|near|in front|beside|next to))",
    r"not (?:only|just|merely)|(?:but )?(?:not|only) (?:until|before|till|after|unless)",
    r"can not (?:miss|be missed|wait|help)|(?:do|does|did) not (?:matter|care|know|mind)",
    r"(?<!do )(?<!must )(?<!should )(?<!may )(?<!shall )not (?:sure|certain|bad|too|very|so|far|much|later|long|more|"
    r"less|enough|yet|now|quite|all|as)\b",
    r"if not|or not|(?:has|have|had|was|were|am) not|will not(?= \w+ (?:it|them)self)",
    r"no (?:later|more than|less than|longer)|would not (?:it|that)|not once but",
    r"(?:is|are) not (?!to\b|allowed|permitted|supposed|ok|okay|for|meant|safe|wanted|an option|acceptable|welcome|"
    r"touching|pressing|going|walking|touched|pressed|your|something|a good|good|wise)",
    r"(?<!\? )no(?= [,.!;]|$)",
    r"(?:do|doing) nothing(?! (?:but|except|else|other|with|to|about|near|at|on)\b)(?! (?:\w+ )?(?:harm|damage))",
)
"""Negations that forbid nothing, and belong to what is said."""

_HARMLESS = re.compile(rf"(?P<drop>\b(?:{'|'.join(_DROPPED)}))|(?P<keep>\b(?:{'|'.join(_KEPT)}))")

_DELIMITERS = (
    "but", "and", "or", "nor", "then", "because", "since", "while", "if", "unless", "until", "before",
    "after", "once",
    "when", "although", "otherwise", "else", "plus",
)  # fmt: skip
_STRONG, _WEAK = ".!?;\n", ',:-\u2013\u2014\u2026()/"*'


@dataclass(frozen=True)
class Token:
    """A word, and what of the text it stands for."""

    word: str
    source: str


@dataclass
class Clause:
    """A stretch of words.

    Attributes:
        joint: What stands before it: ".", ",", "and", "then", ...; "" where a negation begins.
        words: In canonical form: "don't" is "do not".
        tokens: The same with what was typed.
        lead: The words that negate it; empty where it is not negated.
        role: What the reading makes of it: "request", "ban", "condition", "context"; "" before.
    """

    joint: tuple[str, ...]
    tokens: list[Token] = field(default_factory=list[Token])
    lead: str = ""
    role: str = ""

    @property
    def words(self) -> list[str]:
        """Canonical words."""
        return [token.word for token in self.tokens if token.word]

    @property
    def source(self) -> str:
        """What was typed."""
        return _joined(self.tokens)


def plain_text(text: str) -> str:
    """Compatibility forms folded, straight quotes, no invisible characters, lower case."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def tokens_of(text: str) -> list[Token]:
    """Words and marks of `plain_text`; a contraction gives two words, of which the first holds what was typed."""
    found: list[Token] = []
    for word in _WORD.findall(plain_text(text)):
        long = _NOT.get(word, "")
        if not long and word.endswith("n't"):
            long = f"{word[:-3]} not"
        parts = (long or word).split(" ")
        found += [Token(part, word if i == 0 else "") for i, part in enumerate(parts)]
    if any(token.word == "do" and after.word == "t" for token, after in zip(found, found[2:], strict=False)):
        found = [token for token in found if token.word != "t"]
    return [token for token in found if token.word != "t"]


def set_aside(tokens: list[Token]) -> tuple[list[Token], bool]:
    """Without asides, and with harmless negations marked by "~" or left out; and whether any was left out."""
    tokens, dropped = list(tokens), False
    for match in reversed(list(_EMPHATIC.finditer(_line(tokens)))):
        first, last = _range(tokens, match.start(), match.end())
        tokens[first:last] = [Token("never", " ".join(t.source for t in tokens[first:last] if t.source))]
    tokens = _without(_without(tokens, _ASIDES), _EVER)
    for match in _BUT.finditer(_line(tokens)):
        at = _range(tokens, match.end() - 3, match.end())[0]
        tokens[at] = Token("except", tokens[at].source)
    for match in reversed(list(_HARMLESS.finditer(_line(tokens)))):
        first, last = _range(tokens, match.start(), match.end())
        if match.lastgroup == "drop":
            dropped, tokens[first:last] = True, []
        else:
            tokens[first:last] = [Token(_neutral(t.word), t.source) for t in tokens[first:last]]
    return tokens, dropped


def _line(tokens: Sequence[Token]) -> str:
    return " ".join(token.word for token in tokens)


def _neutral(word: str) -> str:
    return f"~{word}" if word in ("not", "never", "no", "without", "nothing") else word


def _without(tokens: list[Token], pattern: re.Pattern[str]) -> list[Token]:
    for match in reversed(list(pattern.finditer(_line(tokens)))):
        first, last = _range(tokens, match.start(), match.end())
        between = first > 1 and tokens[first - 1].word == "," and tokens[first - 2].word in ("not", "never")
        if between and last < len(tokens) and tokens[last].word == ",":  # "don't, whatever happens, ..."
            first, last = first - 1, last + 1
        tokens = tokens[:first] + tokens[last:]
    return tokens


def _range(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """Indices of the tokens between two places of their joined words."""
    at, first, last = 0, 0, len(tokens)
    for i, token in enumerate(tokens):
        if at <= start:
            first = i
        if at < end:
            last = i + 1
        at += len(token.word) + 1
    return first, last


_AUXILIARY = (
    r"(?:i |we |they )?(?:do|does|did|must|may|might|should|shall|will|can|could|would|need|"
    r"ought|dare|had better|are|is|am)"
)
_LEADS = re.compile(
    "|".join(
        f"(?:{lead})(?= |$)"
        for lead in (
            rf"(?:{_AUXILIARY} )?(?:you )?(?:better )?not(?: to)?(?: you)?(?: have| let)?(?: dare)?(?: to)?",
            r"never(?: you)?(?: dare)?(?: to)?",
            r"without|avoids?|avoiding|refrain(?:ing)?(?: from)?|abstain(?:ing)?(?: from)?|nobody|no one|"
            r"none of you|neither",
            r"no(?: more)?(?= (?!thing)\w+ing\b)",
            r"(?:keep|take|stay|steer|remain|get|back|move|hold|stand)(?: (?:well|far|yourself|your \w+|"
            r"a \w+ distance|"
            r"very|right|at least \w+ \w+))* (?:away|off|clear|out|distance)(?: (?:from|of))?",
            r"(?:keep|maintain) (?:your|a|some|good|safe) (?:\w+ )?distance(?: from| to)?|hands off(?: of)?",
            r"keep (?:your |both |the )*(?:hands|arms) (?:down|to yourself|lowered|at your sides?|by your sides?)",
            r"(?:the )?last thing (?:i want|i need)(?: is)?(?: for)?(?: you)?(?: to)?",
            r"give(?= .*\b(?:wide berth|a miss)\b)|shun|dodge|evade|beware of|spare",
            r"(?:leave|let)(?= .*\b(?:alone|be|untouched|unpressed|as is|as it is|where it is|in peace|"
            r"as they are|out)\b)",
            r"instead of|rather than|in place of|in lieu of|except for|except|excluding|other than|apart from|"
            r"aside from",
            r"besides|with the exception of|save for|bar(?= (?:the|that|this|for)\b)",
            r"(?:stop|quit|cease|resist)(?= (?:yourself from )?\w+ing\b)",
            r"(?:ignore|skip|disregard|forget about|forget|never mind|leave out)(?= (?:the|that|this|both|all|"
            r"every|any)\b)",
            r"no need(?: for you)? to|no|nothing|nowhere|none",
        )
    )
)
_PREDICATES = re.compile(
    r"\b(?:off limits|forbidden|forbid|prohibited|prohibit|taboo|out of bounds|no go|verboten|banned|"
    r"untouchable|untouched|unpressed|left (?:alone|in peace|as is|as it is|where it is)|(?:to )?be avoided|"
    r"bad idea|terrible idea|a mistake|not (?:allowed|permitted|okay|ok|acceptable|an option|safe|wanted|welcome))\b"
)


def clauses_of(tokens: Sequence[Token]) -> list[Clause]:
    """Clauses in their order, none of them empty but negations without anything behind them."""
    found = [Clause(joint=(".",))]
    i = 0
    words = [token.word for token in tokens]
    while i < len(tokens):
        lead = _lead_at(words, i, found[-1])
        if lead:
            clause = Clause(joint=() if found[-1].tokens else found[-1].joint, lead=" ".join(words[i : i + lead]))
            if found[-1].tokens:
                found.append(clause)
            else:
                found[-1] = clause
            clause.tokens = [Token("", t.source) for t in tokens[i : i + lead]]
            i += lead
            continue
        if joint := _joint(words, i):
            if found[-1].tokens:
                found.append(Clause(joint=(joint,)))
            else:
                found[-1].joint += (joint,)
        else:
            found[-1].tokens.append(tokens[i])
        i += 1
    return [clause for clause in found if clause.tokens]


def _joint(words: Sequence[str], i: int) -> str:
    word = words[i]
    if word in _STRONG:
        return "."
    if word in _WEAK:
        return ","
    if word == "so":
        return "then" if i == 0 or words[i - 1] in _STRONG + _WEAK else ""
    return word if word in _DELIMITERS else ""


def _lead_at(words: Sequence[str], i: int, before: Clause) -> int:
    """How many words from `i` on negate what follows; 0 where none do."""
    end = i
    while end < len(words) and not _joint(words, end):
        end += 1
    line = " ".join(words[i:end])
    match = _LEADS.match(line)
    if not match or not match.group().strip():
        return 0
    found = match.group().strip()
    if found in ("no", "nothing", "nowhere", "none", "is", "are") and before.lead:
        return 0
    if found == "no" and _bare_verb(line):
        return 0
    return len(found.split(" "))


def _bare_verb(line: str) -> bool:
    """As in "no walk to the blue one": "no" answers somebody."""
    return bool(re.match(r"no (?:walk|go|turn|press|touch|raise|step)\b(?! to(?:uch)?ing)", line)) and " to " in line


def is_predicate(clause: Clause) -> bool:
    """Whether the clause says of something that it is forbidden."""
    return bool(_PREDICATES.search(f"{clause.lead} {' '.join(clause.words)}"))


def _joined(tokens: Sequence[Token]) -> str:
    return " ".join(token.source for token in tokens if token.source)
