"""The workflow ``approval``: people are asked, and one of them decides, once.

``events`` reads what the state sends, and ``request`` what is asked; ``ask`` keeps it in ``store`` and tells people.
``routes`` shows ``page`` (with ``markup`` and ``page_style``) and takes its answers, and those of programs by
``webhook`` (checked by ``schema``); ``decide`` keeps the ``decision`` and delivers it.
"""
