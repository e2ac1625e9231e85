from tests.look.fixtures import chromium, hub, page  # noqa: F401  fixtures shared by the tests of screens
