"""The workflows ``direct``, ``queue`` and ``topic``: a worker gets a task with its token.

``http_start`` starts an execution for an HTTP request, ``messages`` reads the task from a payload, a queue or a topic,
``worker`` runs the user's ``work``, sends heartbeats and answers the token, and ``outputs`` keeps what is too large.
"""
