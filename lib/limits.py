"""Every limit of length, count, time and memory, with its reason; docs/limits.md tells people of them.

A limit is checked before the work that it bounds. What an operator may change is a setting in project.settings."""

# --- Values of products and queries ---

# A name of 255 characters of 4 bytes, in base64 with its signature, is just below it.
CURSOR_LENGTH_MAX = 1_600
# With a cursor, a path and a method it must fit into a request line of 8,190 bytes, or `next` would lead nowhere.
QUERY_LENGTH_MAX = 6_400
# Normalising takes the square of the length. No character is written as more than four, so that no shorter one fits.
SKU_MAX_CHARACTERS_WRITTEN = 256

# --- Request bodies and connections ---

# --- Files and archives ---

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

# --- Workbooks ---

# --- Reading a file in a process of its own ---

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
