"""Every limit of length, count, time and memory, with its reason; docs/limits.md tells people of them.

A limit is checked before the work that it bounds. What an operator may change is a setting in project.settings."""

# --- Values of products and queries ---

# --- Request bodies and connections ---

# --- Files and archives ---

# --- Workbooks ---

# --- Reading a file in a process of its own ---

# --- What is kept ---

# --- Accounts and API keys ---

# --- Webhooks ---
