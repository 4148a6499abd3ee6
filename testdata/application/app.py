"""What the image runs: says that each package of requirements.txt is there."""

import importlib

for name in "attr click flask httpx jinja2 dateutil requests rich tabulate tenacity".split():
    importlib.import_module(name)
print("all there")
