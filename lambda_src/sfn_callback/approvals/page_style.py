"""How the approvals' page looks, on a phone and a desktop, by day and by night, and the policy that allows this alone.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--text:#1c1e21;--quiet:#565b61;--back:#f2f3f5;--card:#fff;--line:#c9cdd2;--edge:#767c84;
--link:#0b57a4;--focus:#1d6fd8;--go:#0b5f2b;--stop:#a11212;--yes:#0b5f2b;--no:#a11212;--late:#7a4a00;
--yes-back:#e6f4ea;--no-back:#fcebea;--late-back:#fff4de}
@media(prefers-color-scheme:dark){:root{--text:#eceef0;--quiet:#b3b8be;--back:#121416;--card:#1c1f22;--line:#3d4248;
--edge:#868c94;--link:#8ec2ff;--focus:#7db4ff;--go:#197a3f;--stop:#c23333;--yes:#7fd39b;--no:#ff9d97;--late:#f3c267;
--yes-back:#12301d;--no-back:#3b1716;--late-back:#35270b}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main,footer{max-width:44rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
header{padding-bottom:0;font-weight:600}
footer{padding-top:0;color:var(--quiet);font-size:.875rem}
footer p{margin:.25rem 0}
a{color:var(--link)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1.5rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h1,p,dd,blockquote{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0;padding:1rem 0;
border:solid var(--line);border-width:1px 0}
dt,small{color:var(--quiet)}
dd{margin:0}
.text{white-space:pre-wrap}
p.text{margin:1rem 0 0}
.notice{border-left:.25rem solid var(--edge);border-radius:.25rem;background:var(--back);padding:.75rem 1rem;
margin:0 0 1.5rem}
.notice p{margin:0}
.notice p+p{margin-top:.25rem}
.notice .news{font-weight:700}
.notice .state{font-size:1.25rem;font-weight:700}
.yes{border-color:var(--yes);background:var(--yes-back)}
.no{border-color:var(--no);background:var(--no-back)}
.late{border-color:var(--late);background:var(--late-back)}
.yes .state{color:var(--yes)}
.no .state{color:var(--no)}
.late .state{color:var(--late)}
blockquote{margin:.5rem 0 0;padding-left:.75rem;border-left:2px solid var(--edge)}
form{margin-top:1.5rem;padding-top:.5rem;border-top:1px solid var(--line)}
label{display:block;margin:1rem 0 .25rem;font-weight:600}
small{font-size:.875rem;font-weight:400}
input,textarea{width:100%;padding:.5rem .75rem;font:inherit;color:inherit;background:var(--card);
border:1px solid var(--edge);border-radius:.375rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
button{min-height:2.75rem;max-width:100%;padding:.5rem 1.25rem;font:inherit;font-weight:600;overflow-wrap:anywhere;
color:inherit;background:var(--card);border:2px solid var(--edge);border-radius:.375rem;cursor:pointer}
button:hover{filter:brightness(1.1)}
.primary{color:#fff;background:var(--go);border-color:var(--go)}
.danger{color:#fff;background:var(--stop);border-color:var(--stop)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.notice:focus{outline:none}
@media(max-width:30rem){
main{padding:1rem 0}.card{border-width:1px 0;border-radius:0;padding:1rem}.actions{flex-direction:column}
dl{grid-template-columns:1fr;gap:0}dd+dt{margin-top:.5rem}}
@media(forced-colors:active){.notice{border:2px solid}}
"""
"""The sheet. Each pair of colours has the contrast that WCAG 2.2 asks for: tests/unit/approvals/test_page.py."""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
"""What the browser may do: use this sheet, and send the form back. It loads and runs nothing."""
