"""What a round of measuring yields, and the bars of the design."""

from dataclasses import dataclass

TITLES = {
    "reference": "T: COPY into the product table",
    "new": "new products",
    "again": "the same file again",
    "changed": "every price changed",
}
BARS = {"reference": None, "new": "2.2", "again": "1.4", "changed": "5"}


@dataclass
class Round:
    """Seconds."""

    reference: float
    new: float
    again: float
    changed: float
