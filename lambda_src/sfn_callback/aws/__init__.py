"""Everything that talks to AWS and knows no workflow.

``session`` and ``clients`` make the clients, ``cold_start`` makes them while Lambda initialises, and ``patience`` says
how long a request is tried again. ``s3_events``, ``records`` and ``function_url`` read what comes in.
``dynamodb`` has the table, ``s3``, ``ranges`` and ``uploads`` objects, ``executions`` lists what runs, and
``durable_executions`` tells how an execution of a durable function is.
"""
