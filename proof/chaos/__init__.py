"""The documents workflow under force: a real machine, real functions, and a world that misbehaves as AWS may.

``run`` drops ``texts`` into an ``instance``, while ``fault_plan`` tells ``server``, the local AWS's, what to do to its
requests (``request_faults``), and ``killer`` kills functions; ``outcomes`` and ``ledger`` say what is wrong in the end.
"""
