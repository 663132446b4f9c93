"""Jobs, executions and approvals, read only.

``targets`` finds what the command line names, in ``executions``, at their ``positions``, or among ``approvals``;
``outcomes`` tells the chunks of a job apart, ``open_jobs`` lists what is open and ``ended_jobs`` what has ended, since
the time that ``spans`` reads, both in ``rows``. ``poll_timer`` says how patiently one waits; ``results`` finds what was
merged of ``documents``, ``absences`` says why nothing was, ``causes`` why something failed, ``logs`` what was said.
"""
