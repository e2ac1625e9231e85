"""The panel at a counter: physical keys and a number, or the same in a browser."""
