"""What the commands do, over the same core as the pages and the API; ``interviewer.commands`` reads their arguments."""
