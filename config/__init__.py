"""Wiring (settings, urls, servers, commands), and the layers below the shop, from `kernel` up to `identity`."""
