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

# --- Workbooks ---

# --- Reading a file in a process of its own ---

# --- What is kept ---

# --- Accounts and API keys ---

# --- Webhooks ---
