# SPDX-License-Identifier: Apache-2.0
"""Pages inside other documents, such as notebooks.

Each page stands in a frame of its own, so that styles, ids and scripts of several pages in one notebook never meet,
nor those of the notebook. The frame may run the page's script and nothing else; it asks the page for its height.
"""

from __future__ import annotations

from penstock.ui.html.markup import Html, el

TALLEST_PIXELS = 760
_FIRST_PIXELS = 480

# The page answers from within: who frames it cannot look inside. See page.js.
_ON_LOAD = (
    "const f=this;window.addEventListener('message',e=>{if(e.source===f.contentWindow&&e.data&&e.data.penstockHeight)"
    f"f.style.height=Math.min(e.data.penstockHeight+2,{TALLEST_PIXELS})+'px'}});"
    "f.contentWindow.postMessage('penstock:height','*')"
)
_STYLE = (
    f"display:block;width:100%;height:{_FIRST_PIXELS}px;border:1px solid #8886;border-radius:8px;"
    "resize:vertical;overflow:auto"
)


def framed(page: str, title: str) -> Html:
    """Returns a whole HTML page as an element that can stand in another document.

    Args:
        page: The page.
        title: What it shows, for those who do not see it.
    """
    return el("iframe", srcdoc=page, title=title, sandbox="allow-scripts", onload=_ON_LOAD, style=_STYLE)
