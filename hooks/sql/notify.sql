SELECT pg_notify(%(channel)s, %(message)s)
