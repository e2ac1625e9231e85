from tests.look.fixtures import hub, page, still_page  # noqa: F401  fixtures shared by the tests of screens
