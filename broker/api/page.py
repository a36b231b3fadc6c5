"""The page a person finds at the root: what this is, and where to go on."""

from html import escape

from flask import Response

from broker.api.options import ApiOptions
from broker.api.paths import PREFIX

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gearbroker</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color: #222; }}
code {{ background: #f2f2f2; padding: 0.1rem 0.3rem; }}
@media (prefers-color-scheme: dark) {{
body {{ background: #161616; color: #ddd; }} code {{ background: #2a2a2a; }} a {{ color: #8ab4f8; }}
}}
</style>
</head>
<body>
<h1>gearbroker</h1>
<p>A broker that places, scales and keeps highly available the gears of applications, and tells routers where they
are. Version {version}.</p>
<ul>
<li><a href="{prefix}/api">REST interface</a>: everything it offers, as links</li>
<li><a href="{prefix}/openapi.json">OpenAPI document</a> of the same interface</li>
<li><a href="{prefix}/routing/snapshot">Routing snapshot</a>: what routers know now (asks for a login)</li>
</ul>
<p>Make an application highly available:</p>
<p><code>curl -u LOGIN:PASSWORD -d event=make-ha {prefix}/domains/DOMAIN/applications/NAME/events</code></p>
</body>
</html>
"""


def front_page(options: ApiOptions) -> Response:
    """The page."""
    text = _PAGE.format(prefix=PREFIX, version=escape(options.version))
    return Response(text, content_type="text/html; charset=utf-8")
