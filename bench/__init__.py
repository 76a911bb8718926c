"""What is measured, and the numbers with the machine they came from."""
