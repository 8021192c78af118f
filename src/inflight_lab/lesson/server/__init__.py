"""A real HTTP server to practise on: see `practice_server.PracticeServer`."""
