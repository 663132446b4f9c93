"""The commands: a file for each, named as it is typed. They import nothing of each other's but ``options``."""
