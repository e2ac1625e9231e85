"""A paper of the workshop as the answer of a page."""

from __future__ import annotations

from flask import Response

from hub.headers import PDF_SECURITY_POLICY


def pdf(content: bytes, name: str) -> Response:
    """The paper in the browser's own reader; `name` is what a saved copy is called, of letters, digits and hyphens."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Content-Security-Policy"] = PDF_SECURITY_POLICY
    return response
