"""The stress suite: answers changed in ways whose effect on a fair score is known beforehand."""
