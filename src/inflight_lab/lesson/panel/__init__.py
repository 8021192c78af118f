"""Sliders, buttons and a live plot around any runner."""
