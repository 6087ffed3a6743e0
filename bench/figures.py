"""What a round of measuring yields, and the bars of the design."""

from dataclasses import dataclass

TITLES = {
    "reference": "T: COPY into the product table",
    "new": "new products",
    "again": "the same file again",
    "dry": "dry run, every tenth price changed",
    "confirmed": "the same, confirmed",
    "undone": "the same, undone",
    "changed": "every price changed",
}
BARS = {
    "reference": None,
    "new": "2.2",
    "again": "1.4",
    "dry": "1.4",
    "confirmed": None,
    "undone": None,
    "changed": "5",
}


@dataclass
class Round:
    """Seconds."""

    reference: float
    new: float
    again: float
    dry: float
    confirmed: float
    undone: float
    changed: float
