"""Tables of carts and orders. There are none yet: stock can already be sold by reference, through `inventory`."""
