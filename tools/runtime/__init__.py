"""How models run: the contract of a backend, the memory budget, devices, and what work costs."""
