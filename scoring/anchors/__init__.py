"""Reading an answer against the written anchors of a rubric: which level it speaks for.

A measure of its own, "anchors", for criteria whose levels are described in words. Nothing is asked of it that a
sentence embedding cannot give: it compares meanings, counts a few kinds of words, and weighs both with coefficients
that were fitted once (coefficients.json names the data and its hash).

Fitted on one job, tested on the other (``python -m tests.benchmarks scoring --part rubric_judge``): 97 % of exchanges
that add nothing move nothing; the right level gains by evidence in 60 % (low), 65 % (medium) and 95 % (high) of cases,
and loses where it is taken back in 62 %; where nothing was said about a criterion, it favours no level in 16 of 16
cases. Twenty cases of a kind show little: the intervals are wide. It listens for how definite an account is, so it fits
levels that are told apart by that, and no others.

    stretches   a turn, cut where it is long                                          stretches.py
    manner      vagueness, negation, method, numbers, rare words ... of a stretch     manner.py
    yardstick   what the rubric's own anchors are like, so that each is its own scale yardstick.py
    model       relevance, level and taking back of a stretch, three small regressions model.py
    belief      from no idea, through all stretches, to five probabilities            belief.py
"""
