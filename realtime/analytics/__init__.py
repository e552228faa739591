"""The figures of the shop's day that staff watch.

    figures     what they are: how each is read, and what changes it
    dashboard   tells those who listen here, at once and then when one changes

A figure is always asked of the tables that it counts, never kept beside them: there is nothing that could
drift, or that a crash could leave wrong.
"""
