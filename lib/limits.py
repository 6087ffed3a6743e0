"""Every limit of length, count, time and memory, with its reason; docs/limits.md tells people of them.

A limit is checked before the work that it bounds. What an operator may change is a setting in project.settings."""

# --- Values of products and queries ---

# The codes of shops and suppliers have up to 40 characters.
SKU_MAX_LENGTH = 64
# What fits on one line of a list.
NAME_MAX_LENGTH = 255
# Some ten pages of text.
DESCRIPTION_MAX_LENGTH = 20_000

# --- Request bodies and connections ---

# --- Files and archives ---

# In a row. A sheet of Excel has no more rows, and passing over so many takes a second.
MAX_BLANK_LINES = 1_000_000

# --- Workbooks ---

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

# --- Accounts and API keys ---

# --- Webhooks ---
