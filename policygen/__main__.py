"""The entry point of the installed `policygen` script and of `python -m policygen`."""

from policygen.cli import main as run

if __name__ == "__main__":
    run()
