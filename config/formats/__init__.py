"""How the console writes moments where no page of ours says how: short, and by 24 hours. The storefront goes
by babel.
"""
