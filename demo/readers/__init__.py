"""Recorded files: one file per recorded format, each of which knows its files when it sees them and turns them into readings."""
