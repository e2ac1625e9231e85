"""What an agency changes of its configuration while it works, on a screen: published in versions, in the journal.

**Which word counts.** The last one said of each setting. What stands in the files is where it begins (version 1).
What is published on the screen counts from that moment on, over restarts, kills and restores, until the same setting
is changed *in its file*: then, from the next start on, the file counts again, and that is a version of its own. So a
technician who edits one line loses nothing that a supervisor has published elsewhere, and is never ignored in silence.

Where what was published does not fit a file that was changed (a counter of a service that is gone), the files count
whole, and the version says so.

Each version is one entry (`configuration_published`) that names each setting with its value before and after, and
what the file said then. Replaying the journal gives the same rows. What stands is kept in memory (`hub.standing`): it
is switched in the commit of the version, which nobody else's decision shares, so each decision is by exactly the
version that stands at its place in the journal. A version is taken back by one more.
"""
