"""Actions that change something; each is called by the command of a similar name.

``starts`` begins executions, with the options that ``document_options`` reads; ``rounds`` processes chunks again;
``answers`` gives verdicts by hand. ``follow`` waits for an end, ``downloads`` brings results, ``undelivered_queue``
replays or deletes what nobody could handle, and ``subscribers`` are those who hear of approvals.
"""
