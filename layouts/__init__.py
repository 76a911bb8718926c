"""What is drawn: Dash components made from the site and the domains, without looking at any live value."""
