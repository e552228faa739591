"""The staff console around each app's own `admin`: its site, its start page, and what the sidebar counts.

    site        Django's admin, signed in as the rest of the house is
    badges      the sidebar's counts, and which environment this is
    dashboard   the start page, and the parts of it that are fetched again
    series      what its charts show
    machinery   how the fan-out itself is
    asked       what no page of it can be asked with

Only reads: whatever staff change, they change on the pages of the app that it belongs to.
"""
