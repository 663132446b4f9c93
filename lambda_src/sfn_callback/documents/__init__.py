"""The workflow ``documents``: a document on S3 is split, its chunks are processed, their results are merged.

``events`` reads events; ``start`` starts the documents that were dropped, ``workflow`` does what each state of the
machine asks for, and ``redrive`` begins another round. A chunk that is finished elsewhere has one of ``chunk_tokens``,
and is ``pending`` meanwhile. ``source`` is the document that ``split`` reads; ``bucket`` keeps chunks, results and
reports, with what ``metadata`` says of them.

Of a document in parts, ``part_events`` reads the events, ``parts`` cuts it, at a ``delimiter``, and merges them,
``parent`` keeps whose they are, and ``part_executions`` are theirs.
"""
