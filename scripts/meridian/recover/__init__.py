"""Leads an environment out of broken runs: locks, states, plans and resources that no state knows."""
