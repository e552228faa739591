"""The pages for people, as a server without JavaScript answers them."""
