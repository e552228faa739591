"""Replaying real sales: a shop's own invoices, done again through the same services as any sale.

``parsing`` reads the file (pure), ``stocking`` receives what was never stocked, ``replaying`` turns
invoices into operations and counts what became of them. Screens and options are the command's.
"""
