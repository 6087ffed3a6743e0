"""Every limit of length, count, time and memory, with its reason; docs/limits.md tells people of them.

A limit is checked before the work that it bounds. What an operator may change is a setting in project.settings."""

# --- Values of products and queries ---
# A page by its number reads all products before it; a cursor does not.
PAGE_DEPTH_MAX = 100_000
# A search that takes longer has been given up by whoever waits, and holds a connection that others need.
SLOW_READ_SECONDS = 10
# Long enough for a burst of searches that take a tenth of a second each.
SLOW_READ_WAIT_SECONDS = 1

# A name of 255 characters of 4 bytes, in base64 with its signature, is just below it.
CURSOR_LENGTH_MAX = 1_600
# With a cursor, a path and a method it must fit into a request line of 8,190 bytes, or `next` would lead nowhere.
QUERY_LENGTH_MAX = 6_400
# To look for the name that was meant takes a while for each; nobody reads on.
QUERY_FAULTS_LISTED = 20
# Normalising takes the square of the length. No character is written as more than four, so that no shorter one fits.
SKU_MAX_CHARACTERS_WRITTEN = 256

# The codes of shops and suppliers have up to 40 characters.
SKU_MAX_LENGTH = 64
# What fits on one line of a list.
NAME_MAX_LENGTH = 255
# Some ten pages of text.
DESCRIPTION_MAX_LENGTH = 20_000

# --- Request bodies and connections ---
# Probes of platforms give up after a second.
READY_ANSWER_SECONDS = 0.8

# Members of a JSON object; none that is taken has a quarter. Each one more is a fault to be told.
BODY_FIELDS_MAX = 100
# More than what gunicorn takes for the longest path, cookies and keys; what is larger would fill the memory.
REQUEST_HEAD_MAX_BYTES = 65_536
# As long as nginx allows; a half-sent head costs memory and no thread.
REQUEST_HEAD_SECONDS = 20
# A body of a form or of JSON is mostly smaller, and is collected without taking a thread for it.
SMALL_BODY_MAX_BYTES = 65_536
# Takes a line of 2 kB a second at least.
SMALL_BODY_SECONDS = 30
# A request may wait so long for its client, in which nothing comes and nothing is taken, until it is ended.
CLIENT_STALL_SECONDS = 30
# A line of the slowest mobile networks; below it, the patience for a client runs out.
CLIENT_LEAST_BYTES_PER_SECOND = 1_000
# A request that has waited for its client longer than that counts as slow; few of those may hold threads.
CLIENT_SLOW_SECONDS = 5
# Files that no import has claimed are removed after a day; an upload has to end before that.
BODY_MAX_SECONDS = 43_200
# Connections of a process; beside its files, they stay below the 1,024 that Linux allows by default.
CONNECTIONS_MAX = 900
# Longer than the proxies before it keep theirs (60 to 75 s), so that these never send into a closed connection.
KEEPALIVE_SECONDS = 90
# A filter in Chinese or Japanese takes nine characters for each letter; gunicorn takes no more.
REQUEST_LINE_MAX_CHARACTERS = 8_190

# More than one program uploads at a time; each holds a thread for minutes.
UPLOADS_AT_ONCE = 4
# A page of the console has one; tabs that are left open are forgotten.
STREAMS_AT_ONCE = 20
# Each holds a database connection as long as its reader reads.
EXPORTS_AT_ONCE = 1
# Ten million products take less; a reader that is slower would hold the connection.
EXPORT_MAX_SECONDS = 600
# A receiver may take 10 s to answer, and a thread waits for it.
WEBHOOK_TESTS_AT_ONCE = 2

# --- Files and archives ---

# Deflate makes at most a thousand bytes of one. Product lists come to five to thirty, and small files prove nothing.
ARCHIVE_MAX_RATIO = 200
ARCHIVE_ALWAYS_ALLOWED_BYTES = 16 * 1024**2
# The longest piece of a zip that is read at once is its list of files.
ARCHIVE_READ_MAX_BYTES = 4 * 1024**2
# Of a gzip file; each costs as much as 20 kB of text. Tools that pack in parts make one of 64 kB.
GZIP_PARTS_MAX = 100_000
# Far more than shops export; each becomes a column of a table, and PostgreSQL has 1,600 at most.
HEADER_MAX_COLUMNS = 200
# Of all names together: a job keeps and shows them. No list has a tenth of that.
HEADER_MAX_CHARACTERS = 64 * 1024
# Of a name that is compared with the usual ones, none of which has more than 40. To take its accents off takes the
# square of its length.
COLUMN_NAME_MAX_CHARACTERS = 200
# Five times as many as a file has columns, so that one mapping may serve several kinds of files.
MAPPING_MAX_HEADERS = 1_000
# As many as a header has: the mapping is compared with it, and kept with the job.
MAPPING_MAX_CHARACTERS = 64 * 1024
# In a row. A sheet of Excel has no more rows, and passing over so many takes a second.
MAX_BLANK_LINES = 1_000_000

# --- Workbooks ---

# To read XML costs ten times what text does, and workbooks come to five to thirty times their size, too.
WORKBOOK_MAX_RATIO = 100
# Each of the parts that describe a workbook. Those of large, old workbooks have a few megabytes.
WORKBOOK_DESCRIPTION_MAX_BYTES = 16 * 1024**2
# Sheets, and what a part says of others: each costs a look. Workbooks have some dozens.
WORKBOOK_ELEMENTS_MAX = 10_000
WORKBOOK_SHEETS_MAX = 1_000
# Of the name of a part, which is joined to that of its folder for every relationship.
WORKBOOK_PART_NAME_MAX_CHARACTERS = 1_000
# The shared texts are kept in memory as they stand in the file, with eight bytes beside each. Three texts in each of
# 500,000 rows take 95 MB.
WORKBOOK_TEXTS_MAX_BYTES = 128 * 1024**2
WORKBOOK_TEXTS_MAX = 4_000_000
# A cell refers to a shared text in 20 bytes, however long it is. So all cells together may have as much text as the
# file could unpack to at the utmost of Deflate; a small file proves nothing.
WORKBOOK_CELLS_MAX_RATIO = 1_000
WORKBOOK_CELLS_ALWAYS_ALLOWED_CHARACTERS = 256 * 1024**2
# The rows of a piece of a sheet are in memory together. Even if each cell had as much text as Excel allows, 64 kB could
# not refer to more than 54 million characters.
WORKBOOK_PIECE_BYTES = 64 * 1024
WORKBOOK_PIECE_MAX_CHARACTERS = 64 * 1024**2
# Excel's own limits are 32,767 characters in a cell, 255 in a format, 64,000 formats and columns up to XFD.
WORKBOOK_CELL_MAX_CHARACTERS = 1024**2
WORKBOOK_FORMAT_MAX_CHARACTERS = 255
WORKBOOK_FORMATS_MAX = 100_000
WORKBOOK_COLUMN_MAX_LETTERS = 3
WORKBOOK_ROWS_MAX = 1024**2
# What stands to the right of them counts as one cell more: a row is filled up to its last cell.
WORKBOOK_COLUMNS_MAX = 256
# As long as a cell of a CSV file may be.
WORKBOOK_ROW_MAX_CHARACTERS = 16 * 1024**2
# An XML tag is read anew with each block that it goes on for; each open one, and each new name, stays in memory.
XML_TAG_MAX_BYTES = 1024**2
XML_DEPTH_MAX = 256
XML_NAMES_MAX = 10_000

# --- Reading a file in a process of its own ---

# Beside the program itself. A workbook of 500,000 rows takes 200 MB.
READ_MEMORY_BYTES = 512 * 1024**2
# Of processor time, for an import. One of 500,000 rows takes 2 s for text and 40 s for a workbook.
READ_CPU_SECONDS = 60
# For an upload, of which the beginning is read, or a small part of a workbook.
LOOK_CPU_SECONDS = 10
# By one web process; further uploads wait. Each may take READ_MEMORY_BYTES.
LOOKS_AT_ONCE = 4
# And so many more for each MB of the file, packed as it is.
CPU_SECONDS_PER_MB = 5
# In which nothing came of it. The processor may be taken by others.
READ_STALL_SECONDS = 120

# --- What is kept ---

# Rejected rows of a job that are kept with their cells: nobody mends more by hand, and a small archive can have millions.
LISTED_ROWS = 10_000
# Characters of one of them: three times the longest description. Of a longer row its faults are kept alone.
LISTED_ROW_CHARACTERS = 65_536
# Faults of one row: no field has more than one, but each of 200 other columns may have a cell that is no text.
LISTED_FAULTS = 20
# Bad rows after which an import stops unless its option max_errors says otherwise.
MAX_ERRORS_DEFAULT = 100_000
# What a file that is being stored may reserve ahead: asking anew for each MB costs a commit.
STORED_BYTES_AHEAD = 16 * 1024**2

# --- Accounts and API keys ---
# Wrong passwords of a person who tries the few they know.
SIGN_IN_FREE_ACCOUNT = 5
# An office may share an address.
SIGN_IN_FREE_ADDRESS = 20
# The first wait; it doubles with each further attempt, so guessing does not pay.
SIGN_IN_WAIT_SECONDS = 30
# The longest: somebody who guesses at an account also keeps its owner out.
SIGN_IN_WAIT_MAX_SECONDS = 900
# Without an attempt for a day a counter begins anew and is removed.
SIGN_IN_FORGOTTEN_HOURS = 24
# One hash takes half a second of a core; more at once would slow down everybody else.
PASSWORD_HASHES_AT_ONCE = 2

# --- Webhooks ---

# A head of an answer beyond it is refused, as browsers do; no common server sends a tenth of it.
ANSWER_HEAD_MAX_BYTES = 256 * 1024
# Answers 1xx before the one that counts; a receiver has use for one or two.
ANSWERS_INTERIM_MAX = 20
# Read to the end up to here, so that the connection can be used again; closed beyond.
ANSWER_READ_MAX_BYTES = 64 * 1024
# What is stored of an answer, for people.
ANSWER_KEPT_CHARACTERS = 8 * 1024
ANSWER_HEADERS_KEPT = 50
ANSWER_HEADER_KEPT_CHARACTERS = 500
