"""The operator's command ``sfn-callback``: see every paused job of a deployment, and mend it.

It is a package of its own: the functions' package has no dependency, and this one has typer and rich. What a job is,
where its chunks are and how a machine is resumed is not written again here: it is called in :mod:`sfn_callback`.

::

    cli          options, exit codes, errors           commands/   one short file for each group of commands
    deployment   which one, and its functions' settings    targets     what a job, execution or approval is named by
    executions   Step Functions' side of a job             jobs        the ledger's and the bucket's side of it
    rounds       chunks processed again                    answers     verdicts for what waits
    checks       what doctor looks at                      recording   what is known of a run
    results      what was merged, and where              absences    why there is none
    downloads    it is brought here                      waiting     how long a command waits
    picture      a run drawn                             machine     a state machine drawn, placed by layout
"""
