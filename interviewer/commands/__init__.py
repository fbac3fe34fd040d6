"""The command line's groups, a module each. Heavy imports stay inside the commands: ``--help`` answers at once."""
