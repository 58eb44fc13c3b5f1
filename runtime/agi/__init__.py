"""AGI: programs outside that run a call, over a script's pipes, TCP (FastAGI), or the manager (AsyncAGI)."""
