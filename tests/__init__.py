"""Tests; tracer is imported after this, and notes which signals it is to ignore."""

import signal

# In the background or under nohup these are inherited as ignored, and stay so.
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
