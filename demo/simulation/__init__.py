"""The simulated city: physically plausible readings as a pure function of seed, site and time."""
