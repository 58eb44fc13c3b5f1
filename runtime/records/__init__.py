"""Call detail records and channel event logging: how records come about, and where they are kept."""
