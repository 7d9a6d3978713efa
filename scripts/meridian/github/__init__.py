"""The code host: a comment on a pull request, and who has to approve."""
