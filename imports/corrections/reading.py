"""How the rows of a job were read, for the rows that are corrected: their columns, and the options for a file of them."""

from collections.abc import Mapping

from catalog.prices import DecimalMark
from imports.formats.csv_reader import DELIMITERS
from imports.matching.mapping import keys_of
from imports.models import ImportJob
from imports.options import FIELDS, Options
from imports.rows.row_parser import RowParser
from imports.upload.profile import OF_ONE_FILE
from lib.limits import MAPPING_MAX_CHARACTERS, MAPPING_MAX_HEADERS

# Options about all rows of a file, which mean something else for a few of them.
OF_ALL_ROWS = ("max_errors", "max_missing")


def options_of(job: ImportJob) -> Options:
    """The options for a file of corrected rows, in which each row is read as it was in the file of the job.

    The cells are as its recipe made them, so no recipe is applied again. The decimal mark is that of all prices of the
    file. Nothing but the rows of the file is changed, also if they replaced the catalog."""
    options = job.parsed_options
    taken = options.model_dump(exclude={*OF_ONE_FILE, *OF_ALL_ROWS})
    mode = "upsert" if options.mode == "sync" else options.mode
    known: dict[str, object] = {
        "encoding": "utf-8",
        "delimiter": delimiter_of(job),
        "header_row": 1,
        "other_sheets": "ignore",
        "recipe": "none",
        "decimal": decimal_of(job),
        "mapping": mapping_of(job),
        "mode": mode,
    }
    return Options.model_validate(taken | known)


def delimiter_of(job: ImportJob) -> str:
    return job.file_delimiter if job.file_delimiter in DELIMITERS else ","


def decimal_of(job: ImportJob) -> DecimalMark:
    """The mark that the option sets, or that all prices of the file show."""
    chosen = job.parsed_options.decimal
    if chosen == "auto" and job.decimal_marks == ".":
        return "."
    if chosen == "auto" and job.decimal_marks == ",":
        return ","
    return chosen


def mapping_of(job: ImportJob) -> dict[str, str]:
    """The columns as they were read, so that they are matched in the same way if the file is imported again."""
    keys, places = keys_of(job.file_header), fields_by_place(job)
    mapped = {keys[place]: field for place, field in places.items()}
    others = {key: "" for place, key in enumerate(keys) if place not in places}
    has_all = len(places) == len(FIELDS) and job.parsed_options.unknown_columns == "ignore"
    return mapped if has_all or not fits(mapped | others) else mapped | others


def fits(mapping: Mapping[str, str]) -> bool:
    characters = sum(len(key) + len(field) for key, field in mapping.items())
    return len(mapping) <= MAPPING_MAX_HEADERS and characters <= MAPPING_MAX_CHARACTERS


def fields_by_place(job: ImportJob) -> dict[int, str]:
    """The field of each imported column by its position, in the order of the file."""
    places = zip(job.positions, FIELDS, strict=True)
    return {place: field for place, field in sorted(places) if place >= 0}


def parser_of(job: ImportJob) -> RowParser:
    """The parser for corrected rows, with the options that they are imported with."""
    options = options_of(job)
    header = tuple(job.file_header)
    return RowParser(header, job.positions, options.blank, options.decimal, options.html)
