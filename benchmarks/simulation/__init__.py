"""An event loop in which a job's chunks meet the limits of AWS.

``quotas``   the limits and latencies, with their sources
``loop``     events, rates, and Lambda's environments
``functions``  what splits, and what merges
``designs``  what becomes of a chunk, ours and the alternatives; ``markers`` on S3, ``maps`` in Distributed Map, and
             ``parts``, each a job of ours
``job``      runs a design
"""
