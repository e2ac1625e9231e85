"""The waiting-room screen: what it shows, what it says, and the page for a full-screen browser."""
