"""The parts of the merge: facts of many rules become one set of requirements."""
