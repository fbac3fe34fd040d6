"""Reading an answer against the written anchors of a rubric: which level it speaks for.

A measure of its own, "anchors", for criteria whose levels are described in words. Nothing is asked of it that a
sentence embedding cannot give: it compares meanings, counts a few kinds of words, and weighs both with coefficients
that were fitted once (coefficients.json names the data and its hash).

    stretches   a turn, cut where it is long                                          stretches.py
    manner      vagueness, negation, method, numbers, rare words ... of a stretch     manner.py
    yardstick   what the rubric's own anchors are like, so that each is its own scale yardstick.py
    model       relevance, level and taking back of a stretch, three small regressions model.py
    belief      from no idea, through all stretches, to five probabilities            belief.py
"""
