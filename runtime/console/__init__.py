"""The operator's front end: the control socket, the consoles attached to it, and the log as they print it."""
