"""Text features: one file for each measure that a rubric may name. Each gives 0 to 1 and what that rests on."""
