"""Services at the counter: one folder each, used when agency.toml names it in `counter_services`."""
