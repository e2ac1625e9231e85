"""The commands of `mbote`, a file a matter; `hub.cli` puts them into their order. Nobody imports these but it."""
