"""Tools on a Ray cluster, behind the same contract as in this process."""
