"""Printing: jobs for printers that another process owns, from the moment they are caused to the paper."""
