"""An event loop in which a job's chunks meet the limits of AWS.

``quotas``   the limits and latencies, with their sources
``loop``     events, rates, and Lambda's environments
``designs``  what becomes of a chunk, ours and the alternatives; ``markers`` on S3, ``maps`` in Distributed Map
``job``      runs a design
"""
