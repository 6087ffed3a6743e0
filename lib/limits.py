"""Every limit of length, count, time and memory, each with its reason.

A limit is checked before the work that it bounds. Limits that an operator may change are settings in project.settings. The
comment above a limit is its entry in docs/reference/limits.md (`make docs`)."""

# --- Values of products and queries ---

# Products that numbered pages reach (`page` times `page_size`): a page by number reads all products before it. Cursors
# reach all.
PAGE_DEPTH_MAX = 100_000
# Seconds for a statement of a search, a count or a list that may read the whole table; then `query.too_slow`. The client
# has usually stopped waiting by then, and the connection is needed by others.
SLOW_READ_SECONDS = 10
# Seconds that such a read waits for a slot in its process before `reads.too_many`. Long enough for a burst of searches of
# a tenth of a second each.
SLOW_READ_WAIT_SECONDS = 1

# Characters of a cursor. A name of 255 four-byte characters, in base64 with its signature, is just below it.
CURSOR_LENGTH_MAX = 1_600
# Characters of a query, escaped and without its cursor. With a cursor, a path and a method it fits into a request line of
# 8,190 bytes, so that `next` always works.
QUERY_LENGTH_MAX = 6_400
# Errors of a query that a response lists. Finding the nearest name takes time for each of them.
QUERY_ERRORS_LISTED = 20
# Characters of a SKU before it is normalised (NFC), which takes quadratic time. No character decomposes into more than
# four, so no longer text could fit into 64.
SKU_MAX_CHARACTERS_WRITTEN = 256

# Characters of a SKU. SKUs of shops and suppliers have up to 40.
SKU_MAX_LENGTH = 64
# Characters of a name: what fits on one line of a list.
NAME_MAX_LENGTH = 255
# Characters of a description: some ten pages of text.
DESCRIPTION_MAX_LENGTH = 20_000

# --- Request bodies and connections ---

# Everything that waits for a client has a deadline. A request occupies no thread until its head has arrived, and its
# body if that is small; slow clients share few threads after that.

# Seconds within which `/readyz` responds. Probes of platforms time out after one.
READY_TIMEOUT_SECONDS = 0.8

# Members of the JSON object of a request. No schema has a quarter of that, and each additional one is an error to report.
BODY_FIELDS_MAX = 100
# Bytes of a request's head: more than the longest path, cookies and keys together. Larger ones would fill the memory.
REQUEST_HEAD_MAX_BYTES = 65_536
# Seconds from the connection, or from the first byte of the next request, to the end of the head. As long as nginx
# allows; a partial head occupies memory and no thread.
REQUEST_HEAD_SECONDS = 20
# Bytes of a body that is collected without a thread. Forms and JSON are mostly smaller.
SMALL_BODY_MAX_BYTES = 65_536
# Seconds for all of such a body: at least 2 kB a second.
SMALL_BODY_SECONDS = 30
# Seconds after which a client that neither sends nor receives is disconnected.
CLIENT_STALL_SECONDS = 30
# Bytes a second below which a client uses up its patience: the slowest mobile networks are faster.
CLIENT_LEAST_BYTES_PER_SECOND = 1_000
# Seconds of waiting for its client after which a request counts as slow. Slow requests may occupy half of the threads
# that streams leave (`WEB_THREADS`, `STREAMS_MAX`); the slowest is disconnected when another comes.
CLIENT_SLOW_SECONDS = 5
# Seconds for a whole body. Files that no import has claimed are deleted after a day; an upload ends before that.
BODY_MAX_SECONDS = 43_200
# Connections of a process. With its files, they stay below the 1,024 that Linux allows by default. When all are in use,
# the one that has been idle longest is closed.
CONNECTIONS_MAX = 900
# Seconds that an idle connection is kept: longer than proxies and clients keep theirs (60 to 75), so that none of them
# sends into a connection that has just been closed.
KEEPALIVE_SECONDS = 90
# Characters of a request line. A filter in Chinese or Japanese takes nine for each letter; gunicorn allows no more.
REQUEST_LINE_MAX_CHARACTERS = 8_190

# Uploads in progress for each API key and each account, across all processes, as for the next three. Programs upload
# more than one file at a time; each upload occupies a thread for as long as it takes.
UPLOADS_AT_ONCE = 4
# Progress streams. A page of the console has one; tabs that are left open add up.
STREAMS_AT_ONCE = 20
# Exports. Each holds a database connection as long as its client reads.
EXPORTS_AT_ONCE = 1
# Seconds for an export. Ten million products take less; a slower client is disconnected, so that it notices that the file
# is incomplete.
EXPORT_MAX_SECONDS = 600
# Characters of a cell of an exported workbook, as Excel counts them: in UTF-16, where an emoji is two. A longer text would
# make Excel repair the file.
EXPORT_CELL_MAX_CHARACTERS = 32_767
# Bytes of all texts of an exported workbook. A sheet of 2 GB needs an extension of ZIP that Excel refuses, and its tags and
# escapes take space too. Excel runs out of memory earlier.
EXPORT_WORKBOOK_MAX_BYTES = 1024**3
# Webhook tests. An endpoint may take 10 s to respond, and a thread waits for it.
WEBHOOK_TESTS_AT_ONCE = 2

# --- Files and archives ---

# Size of an archive's contents as a multiple of its own. Deflate reaches a thousand at most; product lists have five to
# thirty.
ARCHIVE_MAX_RATIO = 200
# Bytes that any archive may expand to: a small file proves nothing.
ARCHIVE_ALWAYS_ALLOWED_BYTES = 16 * 1024**2
# Bytes of the file list of a ZIP archive, which is read at once.
ARCHIVE_READ_MAX_BYTES = 4 * 1024**2
# Members of a gzip file, each of which costs as much as 20 kB of text. Tools that compress in parts write one per 64 kB.
GZIP_PARTS_MAX = 100_000
# Columns: exports with a column for each attribute have up to a thousand.
HEADER_MAX_COLUMNS = 2_000
# Columns up to which rows are staged with all of them, which is faster than removing those that are not read.
# PostgreSQL allows 1,600 in a table, and fewer if they are long: a row must fit into 8 kB.
STAGED_COLUMNS_MAX = 200
# Characters of all names of a header together: 128 for each of the most columns. A job stores and shows them.
HEADER_MAX_CHARACTERS = 256 * 1024
# Characters of a column name that is compared with the aliases, none of which has more than 40. Removing accents takes
# quadratic time.
COLUMN_NAME_MAX_CHARACTERS = 200
# Lines that may precede the header. Titles and notes take a few.
HEADER_ROW_MAX = 100
# Characters of the option `sheet`; Excel allows 31.
SHEET_NAME_MAX_CHARACTERS = 255
# Characters of the option `recipe`; no recipe has a name of half as many.
RECIPE_NAME_MAX_CHARACTERS = 64
# Characters of the name of a profile.
PROFILE_NAME_MAX_CHARACTERS = 100
# Headers of the option `mapping`: five times as many as a file has columns, so that one mapping can serve several files.
# Headers of the option `mapping`: far more than fields, so that one mapping can ignore columns of several files.
MAPPING_MAX_HEADERS = 1_000
# Characters of all headers and fields of the option `mapping`.
MAPPING_MAX_CHARACTERS = 64 * 1024
# Blank lines in a row. An Excel sheet has no more rows, and skipping so many takes a second.
MAX_BLANK_LINES = 1_000_000

# --- Workbooks ---

# A workbook beyond one of these is refused as `workbook.damaged` or `archive.too_large`.

# Size of all parts of a workbook as a multiple of its own, unless they have less than 16 MB. Parsing XML costs ten times
# what text does; workbooks have five to thirty, and exports of ours 130 at most.
WORKBOOK_MAX_RATIO = 150
# Bytes of each part that describes a workbook (sheets, formats, relationships). Large, old workbooks have a few megabytes.
WORKBOOK_DESCRIPTION_MAX_BYTES = 16 * 1024**2
# Sheets in a list of sheets, and relationships in a list of those. Workbooks have some dozens.
WORKBOOK_ELEMENTS_MAX = 10_000
# Sheets that are searched for a header with a SKU.
WORKBOOK_SHEETS_MAX = 1_000
# Characters of a part's name, which is joined to that of its folder for every relationship.
WORKBOOK_PART_NAME_MAX_CHARACTERS = 1_000
# Bytes of the shared texts, which are kept in memory. Three texts in each of 500,000 rows take 95 MB.
WORKBOOK_TEXTS_MAX_BYTES = 128 * 1024**2
# Shared texts: each takes eight additional bytes, however short it is.
WORKBOOK_TEXTS_MAX = 4_000_000
# Characters in all cells together, as a multiple of the file's bytes. A cell refers to a shared text of any length in 20
# bytes; Deflate reaches about the same ratio at most.
WORKBOOK_CELLS_MAX_RATIO = 1_000
# Characters in all cells that any workbook may have: a small file proves nothing.
WORKBOOK_CELLS_ALWAYS_ALLOWED_CHARACTERS = 256 * 1024**2
# Bytes of a sheet that are parsed at once. The rows of such a piece are in memory together.
WORKBOOK_PIECE_BYTES = 64 * 1024
# Characters in the rows of such a piece. Even with the longest text that Excel allows in each cell, it could not refer to
# more than 54 million.
WORKBOOK_PIECE_MAX_CHARACTERS = 64 * 1024**2
# Characters of a cell. Excel allows 32,767.
WORKBOOK_CELL_MAX_CHARACTERS = 1024**2
# Characters of a number format, as in Excel. A number is padded to as many zeros.
WORKBOOK_FORMAT_MAX_CHARACTERS = 255
# Cell formats. Excel allows 64,000.
WORKBOOK_FORMATS_MAX = 100_000
# Letters of a column reference. The last column of Excel is XFD.
WORKBOOK_COLUMN_MAX_LETTERS = 3
# Rows, as in Excel.
WORKBOOK_ROWS_MAX = 1024**2
# Columns. Everything to the right of them counts as one more cell: a row is padded to its last cell. More than a header
# may have, so that a longer one is refused.
WORKBOOK_COLUMNS_MAX = 2_048
# Characters of a row: as long as a cell of a CSV file may be.
WORKBOOK_ROW_MAX_CHARACTERS = 16 * 1024**2
# Bytes of an XML tag, which is scanned again with each block that it spans.
XML_TAG_MAX_BYTES = 1024**2
# Nested XML elements, each of which stays in memory until it ends. Workbooks have ten.
XML_DEPTH_MAX = 256
# Distinct names of elements and attributes in a part, all of which stay in memory. Workbooks have some hundreds.
XML_NAMES_MAX = 10_000

# --- Reading a file in a process of its own ---

# If a file needs more than this, the upload is refused or the import fails with `file.too_costly`.

# Bytes of memory beyond the program itself. A workbook of 500,000 rows takes 200 MB.
READ_MEMORY_BYTES = 512 * 1024**2
# Seconds of CPU time for an import. 500,000 rows take 2 s as text and 40 s as a workbook.
READ_CPU_SECONDS = 60
# Seconds of CPU time for the inspection of an upload, which reads the beginning or a small part of a workbook.
LOOK_CPU_SECONDS = 10
# Inspections at a time in one web process; further uploads wait. Each may take `READ_MEMORY_BYTES`.
LOOKS_AT_ONCE = 4
# Additional seconds for each MB of the file as it was uploaded.
CPU_SECONDS_PER_MB = 5
# Seconds without progress. Other processes may need the CPU.
READ_STALL_SECONDS = 120

# --- What is stored ---

# Rejected rows of a job that are stored with their cells. More cannot be fixed by hand, and a small archive can contain
# millions. All of them are counted.
LISTED_ROWS = 10_000
# Characters of such a row: three times the longest description. Of a longer row only the errors are stored.
LISTED_ROW_CHARACTERS = 65_536
# Skipped rows that can be corrected in the console: more are faster to correct in a spreadsheet.
CORRECTED_ROWS_MAX = 1_000
# Characters of these rows together. The page has all of them, and a form that is sent back may have 2 MB.
CORRECTED_ROWS_CHARACTERS = 2 * 1024**2
# Errors of one row. A field has one at most, but each of 2,000 other columns may contain undecodable bytes.
LISTED_FAULTS = 20
# Invalid rows after which an import stops, unless the option `max_errors` says otherwise.
MAX_ERRORS_DEFAULT = 100_000
# Bytes that a file may reserve ahead of `UPLOAD_TOTAL_BYTES` while it is stored: a reservation for each MB would cost a
# commit each.
STORED_BYTES_AHEAD = 16 * 1024**2

# --- Accounts and API keys ---

# Sign-ins of an account before it is blocked: a person tries the few passwords they know.
SIGN_IN_FREE_ACCOUNT = 5
# The same for an address, where a proxy reports it: an office may share one.
SIGN_IN_FREE_ADDRESS = 20
# Seconds of the first block. It doubles with each further attempt, so that guessing does not pay.
SIGN_IN_WAIT_SECONDS = 30
# Seconds of the longest block: an attacker who guesses also locks out the owner.
SIGN_IN_WAIT_MAX_SECONDS = 900
# Hours without an attempt after which a counter is deleted.
SIGN_IN_FORGOTTEN_HOURS = 24
# Password hashes at a time in a process: one takes half a second of a core, which others need.
PASSWORD_HASHES_AT_ONCE = 2

# --- Webhooks ---

# Bytes of status line and headers of a response; larger ones are refused, as browsers do. No common server sends a tenth
# of that.
RESPONSE_HEAD_MAX_BYTES = 256 * 1024
# Interim responses (1xx) before the final one. An endpoint needs one or two.
INTERIM_RESPONSES_MAX = 20
# Bytes of a response body that are read, so that the connection can be used again; beyond it is closed.
RESPONSE_READ_MAX_BYTES = 64 * 1024
# Characters of a response body that are stored, for people.
RESPONSE_KEPT_CHARACTERS = 8 * 1024
# Response headers that are stored, for people.
RESPONSE_HEADERS_KEPT = 50
# Characters of one response header that are stored, for people.
RESPONSE_HEADER_KEPT_CHARACTERS = 500
