"""Heavy work apart: one confined process that lays documents out, so that the hub's memory and threads do not notice.

`workshop` is the hub's side · `confine` what the process gives up · `__main__` the process · `frames` what goes between
"""
