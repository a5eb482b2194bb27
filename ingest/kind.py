"""What kind of text a statement is, from the section that its source keeps it in and from its title."""

from __future__ import annotations

import re
from typing import Final

# A source's sections, in singular words without marks, and the kind that they come to.
SECTIONS: Final = {
    "statement": "statement",
    "statement release": "statement",
    "statement and release": "statement",
    "briefing statement": "statement",
    "briefing and statement": "statement",
    "press statement": "statement",
    "media statement": "statement",
    "news": "press release",
    "news release": "press release",
    "press release": "press release",
    "pr": "press release",
    "media release": "press release",
    "press note": "press release",
    "readout": "readout",
    "speech": "speech",
    "speech remark": "speech",
    "speech and remark": "speech",
    "remark": "speech",
    "address": "speech",
    "press briefing": "briefing transcript",
    "briefing": "briefing transcript",
    "media briefing": "briefing transcript",
    "press conference": "briefing transcript",
    "transcript": "briefing transcript",
    "fact sheet": "fact sheet",
    "factsheet": "fact sheet",
    "presidential action": "executive action",
    "executive order": "executive action",
    "proclamation": "executive action",
    "parliamentary answer": "parliamentary answer",
    "parliamentary question": "parliamentary answer",
    "parliamentary reply": "parliamentary answer",
    "parliamentary speech": "speech",
    "joint statement": "joint statement",
    "tweet": "social post",
    "toot": "social post",
    "social post": "social post",
}
# Kinds so wide that a title may say more; any other that a source names is what it names.
WIDE: Final = frozenset({"statement", "press release", "speech"})

_TITLES: Final = tuple(
    (re.compile(pattern, re.I), kind)
    for pattern, kind in (
        (r"^(?:readout|read-out)\b", "readout"),
        (
            r"^(?:[\w.’'-]+[- ]){0,6}joint (?:\w+ )?"
            r"(?:statement|communiqu[eé]|declaration|readout|press release|fact sheet)"
            r"|^(?:trilateral|quad\w*|leaders.?) (?:joint )?(?:statement|declaration)",
            "joint statement",
        ),
        (r"^(?:fact ?sheet|background ?er)\b", "fact sheet"),
        (
            r"^(?:on-the-record |background )?(?:press|media) (?:briefing|gaggle|conference|call)"
            r"|\b(?:press|media) (?:briefing|gaggle|conference) (?:by|with|of)\b|^background press call|^transcript\b",
            "briefing transcript",
        ),
        (
            r"^(?:oral|written|ministerial)? ?(?:answer|reply)\b.{0,90}\bto\b.{0,30}"
            r"\b(?:parliamentary )?(?:questions?|pqs?)\b"
            r"|^(?:oral|written) (?:answer|reply)\b|^(?:un)?starred question",
            "parliamentary answer",
        ),
        (
            r"^(?:as[- ]delivered |as[- ]prepared )?"
            r"(?:(?:opening|closing|welcome|welcoming|keynote|second reading|wrap-up|special|inaugural|acceptance"
            r"|commencement|round-up|budget|luncheon|dinner) )*(?:remarks|speech|address|toasts?|eulogy|keynote)\b",
            "speech",
        ),
        (
            r"^(?:an? )?(?:executive order|proclamation|memorandum) (?:on|for|to)\b|^executive order\b",
            "executive action",
        ),
        (r"^(?:an? )?(?:open )?(?:letter|message|text of (?:a|the) letter)s? (?:to|on|from|of)\b", "letter"),
        (r"^(?:public )?notice (?:to|on|of|from)\b", "notice"),
        (r"^(?:press|news|media) (?:release|note)\b", "press release"),
    )
)
_WORD = re.compile(r"[^\W_]+")


def section_kind(section: str) -> str | None:
    """The kind that a source's section comes to ("statements-releases" to "statement"); None for one unknown."""
    words = [_singular(word) for word in _WORD.findall(section.lower())]
    return SECTIONS.get(" ".join(words)) or SECTIONS.get(" ".join(word for word in words if word != "and"))


def title_kind(title: str) -> str | None:
    """The kind that a title says ("Readout of ..."), or None."""
    return next((kind for pattern, kind in _TITLES if pattern.search(title)), None)


def kind_of(given: str | None, title: str) -> tuple[str | None, str]:
    """The kind of a statement and where that was found ("given", "title" or "meta"); None where nothing says it.

    What a source calls a section is put in our words, and a title may narrow a wide one down; a kind that a source
    names otherwise stays as it is.
    """
    from_title = title_kind(title)
    if given is None:
        return from_title, "title"
    section = section_kind(given)
    if section is None:
        return given, "given"
    if section in WIDE and from_title:
        return from_title, "title"
    return section, "given" if section == given else "meta"


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("ches"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "news")) else word
