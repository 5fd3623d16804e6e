"""What breaks a library, done to it on purpose: kills, damaged files, failing tools, many cycles, many videos."""
