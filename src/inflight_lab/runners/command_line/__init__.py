"""What ``inflight-lab run`` does around a rung; no lesson."""
