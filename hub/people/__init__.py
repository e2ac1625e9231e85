"""The people and employers that the fund knows: a replica of central data, its search, and what was looked at."""
