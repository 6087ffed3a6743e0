"""project.gunicorn with less patience, so that tests need not wait as long as clients may."""

from lib import limits

limits.REQUEST_HEAD_SECONDS = 2
limits.SMALL_BODY_SECONDS = 2
limits.CLIENT_STALL_SECONDS = 3
limits.CLIENT_SLOW_SECONDS = 1
limits.CONNECTIONS_MAX = 120

from project.gunicorn import *  # noqa: E402, F403 - gunicorn reads the names of this module
