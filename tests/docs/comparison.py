"""Whether a response is the one that the documentation shows, apart from what differs with every run."""

import json
import re

# Times, ids, secrets and durations; and a byte order mark, which no terminal shows.
DIFFERENT_EACH_TIME = [
    ("\ufeff", ""),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"evt_[0-9a-f]{32}", "EVENT"),
    (r"whsec_[A-Za-z0-9+/=]+", "SECRET"),
    (r'"(response_time_ms|rows_per_second)": *\d+', r'"\1": 0'),
    (r"(?m)^ +(time|speed) +[\d,.]+ (?:rows/)?s$", r"  \1 0"),
]


def is_same(language: str, shown: str, printed: str) -> bool:
    shown, printed = constant(shown), constant(printed)
    if language == "json":
        return bool(json.loads(shown) == json.loads(printed))
    pattern = ".*".join(re.escape(part) for part in squeezed(shown).split("..."))
    return re.fullmatch(pattern, squeezed(printed), re.DOTALL) is not None


def constant(text: str) -> str:
    for pattern, placeholder in DIFFERENT_EACH_TIME:
        text = re.sub(pattern, placeholder, text)
    return text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
