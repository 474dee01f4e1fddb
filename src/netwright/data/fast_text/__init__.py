"""FastText's files: character n-grams and their buckets, tables of models, and means of their rows."""
