"""A state machine as a picture: ``graph`` reads the definition, ``layout`` places its boxes (with ``rank_order`` and
``alignment``), ``machine`` draws them.
"""
