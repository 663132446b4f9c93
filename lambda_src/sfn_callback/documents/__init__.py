"""The workflow ``documents``: a document on S3 is split, its chunks are processed, their results are merged.

``events`` reads events; ``start`` starts the documents that were dropped, ``workflow`` does what each state of the
machine asks for, and ``redrive`` begins another round. ``source`` is the document that ``split`` reads; ``bucket``
keeps chunks, results and reports, with what ``metadata`` says of them.
"""
