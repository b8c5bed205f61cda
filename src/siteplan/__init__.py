"""siteplan: where to put community services, in which existing space, in which year."""
