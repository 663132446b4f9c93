"""What the end-to-end tests share: the stack (``shared_stack``), its workflows, stand-ins of functions, faults."""
