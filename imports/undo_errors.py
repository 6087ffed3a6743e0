"""Why the undo of an import can fail: a closed list of codes."""

from dataclasses import dataclass

from lib.errors import Explanation

UNDO_CODES = {
    "undo.crash_loop": Explanation(
        "The undo crashed five times at the same point. Products that it had reverted stay reverted.",
        "Check the worker log, then undo the import again: it continues where it stopped.",
    ),
    "undo.storage_full": Explanation(
        "The database server ran out of disk space. Products that the undo had reverted stay reverted.",
        "Free some space, then undo the import again: it continues where it stopped.",
    ),
    "undo.history_incomplete": Explanation(
        "A part of the import's change history is missing, so no further product was reverted.",
        "Import a file with the values that the products should have.",
    ),
}


@dataclass(unsafe_hash=True)
class UndoError(Exception):
    """An error that ends the undo of an import before it is complete."""

    code: str
    message: str
