"""Stories of alarms, each file with a deck of its own."""
