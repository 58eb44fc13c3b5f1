"""The manager (AMI): actions and events over TCP."""
