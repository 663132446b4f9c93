"""A state machine as a picture: ``graph`` reads the definition, ``layout`` places its boxes (with ``ranking`` and
``alignment``), ``machine`` draws them.
"""
