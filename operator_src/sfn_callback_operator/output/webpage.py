"""Pictures as one HTML file that needs nothing else: what is pointed at, or touched, says what it is."""

from pathlib import Path

from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen
from sfn_callback_operator.output.screen import escaped
from sfn_callback_operator.output.svg import NARROW, WIDE

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body{{margin:0;background:#fff}} svg{{display:block;margin:0 auto}}
.wide,.narrow{{overflow-x:auto}} .wide svg,.narrow svg{{max-width:100%;height:auto}}
.narrow{{display:none}}
#told{{position:fixed;display:none;pointer-events:none;max-width:min(32rem,90vw);overflow-wrap:anywhere;
padding:4px 8px;border-radius:4px;background:#1c2330;color:#fff;font:13px system-ui,sans-serif}}
@media (prefers-color-scheme:dark){{body{{background:#14181f}} #told{{background:#e8ebf1;color:#14181f}}}}
@media (max-width:{phone}px){{.wide{{display:none}} .narrow{{display:block}}}}
</style></head><body>
{content}
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
  told.style.left = Math.max(0, Math.min(event.clientX + 14, innerWidth - told.offsetWidth - 8)) + "px";
  told.style.top = Math.min(event.clientY + 14, innerHeight - told.offsetHeight - 8) + "px";
}});
</script>
</body></html>
"""
_PHONE = (WIDE + NARROW) // 2


def page(title: str, svg: str, narrow: str = "") -> str:
    """Return the file: a picture, with another of the same for a phone, or one that is scrolled there."""
    content = f'<div style="overflow-x:auto">{svg}</div>'
    if narrow:
        content = f'<div class="wide">{svg}</div><div class="narrow">{narrow}</div>'
    return _PAGE.format(title=escaped(title), content=content, phone=_PHONE)


def write(to: str | None, path: Path, content: str) -> None:
    """Write a drawing where it is to go."""
    if to == "-":
        screen.write(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.", USAGE) from None
    screen.say(f"Drawn: {path}")
