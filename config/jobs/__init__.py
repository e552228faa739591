"""Timers and jobs: the worker that runs them, what is remembered of their runs, and staff's view of both.

Belongs here: how jobs run. Does not belong here: what any of them does; that is in the apps' `tasks.py`.
"""
