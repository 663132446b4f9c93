"""The real handlers over an AWS in memory, where a scheduler decides what becomes of each of their requests.

``cases``, ``workload``    the documents that are tried, and what is done with their chunks
``attempts``, ``patches``  a handler as a sequence of requests: its clients ask the scheduler
``services``, ``limits``   the AWS that they reach, and what it refuses although nothing is broken
``deliveries``             the events that it sends
``reporters``              who finishes chunks elsewhere, and what they report
``machine``                the rendered state machine, interpreted
``durable``                a durable function that waits as the machine does, and its callbacks
``world``                  all of that together, and what may happen next
``invariants``, ``answers``  what must hold, whatever happens
``random_schedules``       schedules from seeds; ``exhaustive``: every schedule of a small case
``rival_protocols``        what people usually write instead; ``mutations``: our own, broken in one place each
``report_mutations``       what takes reports, broken in one place each
``durable_mutations``      what a durable function waits for, broken in one place each
``trials``                 which of these are tried with which
"""
