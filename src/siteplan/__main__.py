"""``python -m siteplan`` is the command ``siteplan``."""

from siteplan.cli import main

if __name__ == "__main__":
    main()
