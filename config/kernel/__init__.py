"""The kernel: errors, events, ids, money, time, actors. No models, no HTTP, no rule of any shop."""
