"""What in an answer tells who speaks, or of whom: names, gendered pronouns, schools."""
