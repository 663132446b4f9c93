"""The fan-in: many chunks, in any order and any number of times, make one verdict; nothing of S3 or of documents.

``items`` is what is recorded, ``protocol`` what is done when a chunk ends, a job is sealed or a token comes,
``verdict`` how the end is found and sent, and ``ledger`` keeps the items in DynamoDB, as ``item_format`` says.
"""
