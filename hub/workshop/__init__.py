"""Heavy and dangerous work apart, in confined processes, so that the hub's memory and threads do not notice.

`workshop` has documents laid out by `__main__` · `viewer` has foreign files looked into: `viewing` begins a process for
each, and `pictures` is what happens in there · `apart` keeps a process and its pipes · `confine` what they give up ·
`frames` what goes between
"""
