"""Who is let in, how they show it, and what other sites' pages may do."""
