"""Parts of ``make_case.py``: public facts, synthetic streets, people and spaces of the bundled case."""
