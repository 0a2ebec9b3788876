"""`policygen` as a process of its own: what the installed script calls, and `python -m policygen`."""

from policygen.cli import main as run

if __name__ == "__main__":
    run()
