"""A picture as one HTML file that needs nothing else: what is pointed at says what it is."""

from sfn_callback_operator.screen import escaped

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body{{margin:0;background:#fff}} svg{{max-width:100%;height:auto;display:block;margin:0 auto}}
#told{{position:fixed;display:none;pointer-events:none;max-width:32rem;padding:4px 8px;border-radius:4px;
background:#1c2330;color:#fff;font:13px system-ui,sans-serif}}
</style></head><body>
{svg}
<div id="told" role="status"></div>
<script>
const told = document.getElementById("told");
for (const bar of document.querySelectorAll("rect.b")) {{
  const title = bar.querySelector("title");
  bar.dataset.says = title.textContent;
  title.remove();
}}
document.addEventListener("mousemove", (event) => {{
  const says = event.target.dataset && event.target.dataset.says;
  told.style.display = says ? "block" : "none";
  if (!says) return;
  told.textContent = says;
  told.style.left = Math.min(event.clientX + 14, innerWidth - told.offsetWidth - 8) + "px";
  told.style.top = Math.min(event.clientY + 14, innerHeight - told.offsetHeight - 8) + "px";
}});
</script>
</body></html>
"""


def page(title: str, svg: str) -> str:
    """Return the file."""
    return _PAGE.format(title=escaped(title), svg=svg)
