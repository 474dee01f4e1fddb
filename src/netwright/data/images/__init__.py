"""Pictures as arrays, files, folders and tables of files, as one tensor of bytes or as they are needed."""
