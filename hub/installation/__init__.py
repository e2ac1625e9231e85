"""Mbote on a box: what a release is, where it lies, how one takes the place of another, what a box is for.

release.py   a release: its files, their hashes, its signature; read from a folder or from one file
place.py     folders and links of a box; the switch from one version to another
box.py       what runs on it: its roles, their units, whether they answer
trial.py     a new version on trial: the way in, and the way back
update.py    `mbote update`: from a stick to the new version, or to the old one as it was
setup.py     `mbote setup`: from an installed package to a running, paired role
"""
