"""Correct skipped rows of an import one by one, and import just these."""
