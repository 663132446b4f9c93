"""The real handlers over an AWS in memory, where a scheduler decides what becomes of each of their requests.

``requests``   a handler as a sequence of requests
``services``   the AWS that they reach: ledger, bucket, functions, task tokens
``machine``    the rendered state machine, interpreted
``world``      all of that together, and what may happen next
``checks``     what must hold, whatever happens
``schedules``  random schedules, from seeds
``explorer``   every schedule of a small case
``protocols``  what people usually write instead
``mutations``  our own protocol, broken in one place each
"""
