"""What is answered: routes and callbacks, wiring only."""
