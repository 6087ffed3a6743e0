"""Why a bulk change can fail: a closed list of codes."""

from lib.errors import Explanation

CRASH_LOOP = "bulk_change.crash_loop"
STORAGE_FULL = "bulk_change.storage_full"

FAILURES = {
    CRASH_LOOP: Explanation(
        "It failed several times at the same point.",
        "Read the worker's log. Then undo it, or request it again for the rest.",
    ),
    STORAGE_FULL: Explanation(
        "The database server ran out of disk space.",
        "Free disk space. Then undo it, or request it again for the rest.",
    ),
}
