"""Chunks that are finished elsewhere: whoever finishes one reports its result, its error, or that work goes on.

``report`` is a report's shape, ``take`` records it, ``result_objects`` are results on S3, ``doors`` the ways by which
reports come, and ``send`` how Python sends one.
"""
