"""What every answer says beside its content, whoever gives it: the hub, its door, the kiosk's own page."""

from __future__ import annotations

#: On every answer.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def content_security_policy(
    *, framed_by: str = "'none'", forms_to: str = "'self'", trusted_types: str = "'none'"
) -> str:
    """What a page of ours may do. `style-src` has no 'unsafe-inline': styles come from files, or through CSSOM.

    No script may make markup out of a text: there is no policy of trusted types that a page could have, unless one is
    named in `trusted_types`.
    """
    directives = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "manifest-src 'self'",
        f"frame-ancestors {framed_by}",
        "base-uri 'none'",
        f"form-action {forms_to}",
        "require-trusted-types-for 'script'",
        f"trusted-types {trusted_types}",
    )
    return "; ".join(directives)


CONTENT_SECURITY_POLICY = content_security_policy()
#: Where htmx hands the hub's own parts of a page to the browser's parser: one policy, named by the page's script.
HTMX = "default"
HTMX_SECURITY_POLICY = content_security_policy(trusted_types=HTMX)
#: A PDF is shown by the browser's own reader, which the policy for pages would leave blank.
PDF_SECURITY_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
#: What came from outside, as a picture or to be kept: it may do nothing at all, wherever it is opened.
FOREIGN_SECURITY_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
