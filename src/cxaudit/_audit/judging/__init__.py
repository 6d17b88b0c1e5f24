"""The fourth step: measurements and answers become findings; the gate."""
