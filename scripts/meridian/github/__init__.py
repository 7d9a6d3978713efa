"""GitHub: the comment on a pull request, the required reviewers of an environment, the outputs of a job."""
