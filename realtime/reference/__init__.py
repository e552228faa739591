"""The documents that programs read: OpenAPI, AsyncAPI, and Postman's form of the first.

Belongs here: how they are made and given. Does not belong here: what they say, which is in the apps' tables
(`<app>/api/schema.py`) and in `realtime.registry`.
"""
