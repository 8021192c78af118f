"""The command ``inflight-lab``, and what each of its words does."""
