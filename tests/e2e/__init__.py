"""The whole deck in a real browser. A package, so that its processes end with the last of these tests."""
