"""What several documents share: theme, charts, fonts, measures of text."""
