"""The hub: the box that runs one agency."""
