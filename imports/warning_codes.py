"""What a job can warn of: a closed list of codes. Nothing is skipped because of a warning."""

from lib.errors import Explanation

WARNING_CODES = {
    "price.no_column": Explanation(
        "No column has prices, so new products get the price 0.00.",
        "Add a column of prices, or name it with the option `mapping`. None needed if prices come later.",
    ),
    "sheet.ignored": Explanation(
        "Another sheet has the same columns and was not imported.",
        "Import all of them with `other_sheets` set to `import`, or one at a time with the option `sheet`.",
    ),
    "sheet.other_columns": Explanation(
        "With `other_sheets` set to `import`, a sheet was not imported because its columns are others, or are in another order.",
        "Import it on its own, with the option `sheet`, or give it the same header.",
    ),
    "file.encoding_guessed": Explanation(
        "The text is not UTF-8, so its encoding was guessed. The job's `file.encoding` shows the guess.",
        "If letters are wrong, upload the file again with the option `encoding`.",
    ),
    "header.unknown": Explanation(
        "The column was not recognized and was ignored.",
        'None needed. To ignore a column without a warning, map it to `""` or start its name with `_`.',
    ),
}
