"""Words of reports: language, numbers, cells."""
