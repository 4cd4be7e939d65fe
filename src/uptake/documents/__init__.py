"""Documents and the claims they make: read, checked, and made into texts and items."""
