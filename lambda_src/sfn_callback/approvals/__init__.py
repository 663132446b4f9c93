"""The workflow ``approval``: people are asked, and one of them decides, once.

``request`` is what is asked; ``ask`` keeps it in ``store`` and tells people; ``routes`` shows ``page`` (with ``markup``
and ``page_style``) and takes its answers, and those of programs by ``webhook`` (checked by ``schema``); ``decide``
keeps the answer and delivers it.
"""
