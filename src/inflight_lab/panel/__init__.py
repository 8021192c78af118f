"""Sliders, buttons and a live plot around any runner; recorded runs, to be shown again."""
