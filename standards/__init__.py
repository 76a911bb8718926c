"""Published formulas and tables: pure functions of the standard library, each with its standard, clause and table."""
