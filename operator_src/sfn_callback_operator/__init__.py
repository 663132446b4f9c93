"""The operator's command ``sfn-callback``: see every paused job of a deployment, and act on it.

It is a package of its own: the functions' package has no dependency, and this one has typer and rich. What a job is,
where its chunks are and how a machine is resumed is not written again here: it is called in :mod:`sfn_callback`.

::

    cli          the commands in their order, and what an error becomes
    commands/    a file for each command, named as it is typed
    deployment   which one, and what its functions were told          aws      who is asked, and as whom
    jobs/        what there is: read only                             actions/ what changes something
    doctor/      is the deployment as the module makes it?            output/  tables, JSON, drawings
    timeline/    a run drawn                                          diagram/ a state machine drawn
"""
