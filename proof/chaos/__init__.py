"""The documents workflow under force: a real machine, real functions, and a world that misbehaves as AWS may."""
