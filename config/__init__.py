"""Wiring: settings, urls, servers, commands; below the shop the layers from `kernel` up to `identity`."""
