"""From an audit to its result: reading, planning, measuring, judging, evidence, scoring."""
