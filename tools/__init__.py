"""What ``make`` calls, and what the demo and the tests share; not part of the module.

``toolchain`` finds Terraform, which ``terraform`` runs and ``terraform_progress`` follows; ``children`` starts
processes, ``signals`` ends them, ``shell`` keeps the environment from them, ``browser`` finds one. ``docs``,
``cli_docs``, ``golden`` and ``package`` write what is committed, the first with ``hcl``; ``audit``, ``botocores`` and
``parts`` check, and ``screen`` prints.
"""
