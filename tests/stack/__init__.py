"""Real servers for tests: context managers that start a process on a free loopback port and end it by pid."""
