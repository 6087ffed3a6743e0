SELECT pg_notify(%(channel)s, %(news)s)
