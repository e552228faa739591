"""The door for WSGI servers: REST, the admin and the pages. The process `web` runs it under granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

application = get_wsgi_application()

# What a process is made of stays for its life: it is looked through once, and not with each round of the
# collector. Requests leave little behind that is not freed by itself, so the rounds can be rarer.
gc.collect()
gc.freeze()
gc.set_threshold(25_000, 20, 20)
