"""The programs of the open suite are run by the doctor's tests, not imported by pytest."""

collect_ignore_glob = ["programs/*"]
