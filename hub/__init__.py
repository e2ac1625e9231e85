"""The hub: the box that runs one agency."""

VERSION = "0.1.0"
