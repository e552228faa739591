"""Changes of the tables of `orders`, in order."""
