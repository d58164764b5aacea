"""Goal-conditioned skills: the mapping from measurements to network input and from its output to joints."""
