"""The tests: ``.github/CONTRIBUTING.md`` says which command runs which."""
