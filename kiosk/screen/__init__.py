"""The touch page: what it shows (view), how it is served on localhost (server), the page itself (static)."""
