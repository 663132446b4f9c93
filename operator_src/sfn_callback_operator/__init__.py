"""The operator's command ``sfn-callback``: see every paused job of a deployment, and act on it.

It is a package of its own: the functions' package has no dependency, and this one has typer and rich. Jobs, the places
of chunks and resuming a machine are not implemented again here: :mod:`sfn_callback` has them.

::

    cli          the commands in their order, and how errors are shown
    commands/    a file for each command, named as it is typed
    deployment   which one, and its functions' settings            aws      the clients, and whose account they use
    jobs/        jobs and approvals, read only                     actions/ what changes something
    doctor/      is the deployment as the module creates it?       output/  tables, JSON, drawings
    timeline/    a run drawn                                          diagram/ a state machine drawn
"""
