"""Sentences that fit any question and answer none: how empty talk sounds, by meaning.

Padding, flattery and reading the task back can stand near any topic in meaning. What they have in common is that they
come near to one of these. Our own sentences; compared by meaning only, never by words (scoring/relevance.py).
"""

from __future__ import annotations

__all__ = ["EMPTY_TALK"]

EMPTY_TALK = (
    # about the subject, without saying anything of it
    "That is a very interesting subject and it matters to everybody these days.",
    "It really depends, because every case is different and one cannot generalise.",
    "There are always two sides to everything, and you need to find the right balance.",
    "This is a complex issue with a large number of factors that play a role.",
    "One could write whole books about this, so I will only scratch the surface.",
    "In our modern society these matters are becoming more and more relevant.",
    "I believe that this is essential for success and should never be underestimated.",
    "In conclusion, it is clear that we should all give this more thought.",
    "To say it once more in different words, it is important in many respects.",
    "We have to take everything into consideration and look at the whole picture.",
    # about the question and the answer
    "Okay, so the question is what you would like to know from me.",
    "Let me repeat what I was asked to do here.",
    "That was the task, and now I am going to answer it.",
    "Here comes my answer, I will begin now.",
    "So, that was my answer, I hope it was helpful.",
    "I have explained everything completely, correctly and with good examples.",
    # to the interviewer
    "Thanks a lot for giving me this chance to talk to you today.",
    "I am very grateful that I was invited to this interview.",
    "You are doing a great job as an interviewer and I enjoy our conversation.",
    "Your company has an excellent reputation and I have always wanted to be part of it.",
    "I would be honoured to join such a talented team.",
    "What a brilliant question, I can tell that you know a lot.",
    "I really hope that you like me and that I get the job.",
    "I am a hard worker, I learn fast and I get along with everyone.",
)
