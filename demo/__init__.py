"""The deck on one machine with nothing installed: embedded broker and Redis, the demo site, simulator and replay."""
