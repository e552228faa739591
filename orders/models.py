"""Tables of carts and orders. There are none yet: stock is sold by reference, through `inventory`."""
