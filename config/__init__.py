"""Wiring: settings, urls, servers, jobs, and the three layers below the shop (kernel, api, identity)."""
