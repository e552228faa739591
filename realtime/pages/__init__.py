"""The pages for people: a thin view for each, over the services and selectors that every door uses.

A page is read without JavaScript, and every form in it works without; with it, parts of it are fetched
afresh when an event says that they have changed (`static/stockwire/live.js`). Rules and data access do not
belong here.
"""
