"""`python -m policygen` is the command line."""

from policygen.cli import main

main()
