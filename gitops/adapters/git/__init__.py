"""Git: the program for the network, pygit2 for reads."""
