"""Rule files: text in, table or error text out."""
