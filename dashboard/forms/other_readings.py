"""What an import has left open about its file, with the answers as buttons that run it again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.forms.file_questions import Answer
from dashboard.forms.import_settings import encoding_label
from imports.models import ImportJob, Status
from imports.other_readings import other_encodings, other_sheets

COLUMNS_SHOWN = 5
THREE_DECIMALS = "Prices have two decimals at most, so these rows would stay skipped."


@dataclass(frozen=True)
class Offer:
    """A question about the file, and the values of `option` that answer it. It takes the place of `warning`, a code."""

    option: str
    message: str
    answers: Sequence[Answer]
    # Whether rows were skipped, or nothing was imported, because of it.
    is_open: bool
    warning: str = ""


def offers(job: ImportJob, examples: Mapping[str, str]) -> list[Offer]:
    """The questions of a job that has ended or is a preview. `examples` has a value for each code of its errors."""
    found = [offer for make in KINDS if (offer := make(job, examples))]
    return [offer for offer in found if offer.answers]


def of_price(job: ImportJob, examples: Mapping[str, str]) -> Offer | None:
    if (price := examples.get("price.ambiguous", "")) == "":
        return None
    mark, other = (",", ".") if "," in price else (".", ",")
    whole, decimal = f"{price.replace(mark, '')}.00", price.replace(mark, ".")
    answers = (
        Answer(f"Read {price} as {whole}", other),
        Answer(f"Read {price} as {decimal}", mark, reason=THREE_DECIMALS),
    )
    return Offer("decimal", f"{price} can be read in two ways.", answers, is_open=True)


def of_encoding(job: ImportJob, examples: Mapping[str, str]) -> Offer | None:
    is_open, is_guess = "cell.encoding" in examples, has_warning(job, "file.encoding_guessed")
    if job.file_format != "csv" or not (is_open or is_guess):
        return None
    read_as = f"The text was read as {encoding_label(job.file_encoding)}"
    message = f"{read_as}, which is a guess. Are letters wrong?" if is_guess else f"{read_as}."
    answers = [
        Answer(encoding_label(one.encoding), one.encoding, (one.sample,)) for one in other_encodings(job)
    ]
    return Offer("encoding", message, answers, is_open=is_open, warning="file.encoding_guessed")


def of_rows(job: ImportJob, examples: Mapping[str, str]) -> Offer | None:
    # A replacement of the catalog never skips a row.
    if job.failure_code != "job.rejected" or job.parsed_options.mode == "sync":
        return None
    rows = "1 row has" if job.error_count == 1 else f"{job.error_count:,} rows have"
    answers = (Answer("Skip rows with errors, import the others", "skip"),)
    return Offer("on_error", f"{rows} errors, and every row has to be valid.", answers, is_open=True)


KINDS: Sequence[Callable[[ImportJob, Mapping[str, str]], Offer | None]] = (of_price, of_encoding, of_rows)


# --- Sheets, which take a look into the workbook ---


def may_have_sheets(job: ImportJob) -> bool:
    """Whether to look for other sheets: nothing was imported, or another one has the same header."""
    is_in_question = job.status == Status.FAILED or has_warning(job, "sheet.ignored")
    return job.file_format == "xlsx" and is_in_question


def of_sheet(job: ImportJob) -> Offer | None:
    answers = [Answer(one.name, one.name, one.header[:COLUMNS_SHOWN]) for one in other_sheets(job)]
    message = f"The sheet “{job.file_sheet}” was read. Import another one?"
    return Offer("sheet", message, answers, is_open=job.status == Status.FAILED) if answers else None


# --- Warnings ---


def has_warning(job: ImportJob, code: str) -> bool:
    return any(warning["code"] == code for warning in job.warnings)


def warnings_besides(job: ImportJob, offered: Sequence[Offer]) -> list[dict[str, Any]]:
    """The warnings of the job that no offer repeats."""
    codes = {offer.warning for offer in offered}
    return [warning for warning in job.warnings if warning["code"] not in codes]
