"""How far two raters, or a judge and people, agree, and how sure that is."""

from __future__ import annotations

from scoring.agreement.alpha import Scale, krippendorff_alpha
from scoring.agreement.bootstrap import Estimate, bootstrap, paired_difference
from scoring.agreement.classes import macro_f1
from scoring.agreement.correlation import partial_spearman, pearson, spearman
from scoring.agreement.kappa import adjacent_agreement, exact_agreement, quadratic_weighted_kappa
from scoring.agreement.resampling import PairStatistics, draws, of_resamples, pair_statistics

__all__ = [
    "Estimate",
    "PairStatistics",
    "Scale",
    "adjacent_agreement",
    "bootstrap",
    "draws",
    "exact_agreement",
    "krippendorff_alpha",
    "macro_f1",
    "of_resamples",
    "pair_statistics",
    "paired_difference",
    "partial_spearman",
    "pearson",
    "quadratic_weighted_kappa",
    "spearman",
]
