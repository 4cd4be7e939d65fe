"""At home in Inspect: readers as a model provider, readings as tasks, and any endpoint as a reader in context.

`inspect_ai` is imported at the top here, elsewhere inside functions only, and by nothing that the command line loads at
its start.
"""
