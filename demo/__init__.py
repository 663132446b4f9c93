"""``make demo``: ``run`` applies a workflow on the local AWS, runs the demo that ``choice`` picks, and destroys it.

The demos are ``documents``, ``pdf_pages``, ``workers`` (direct, queue and topic) and ``approval``, each with the
interface in ``contract``; ``operator`` types the command, ``sample`` makes texts, and ``lock`` lets one run at a time.
"""
