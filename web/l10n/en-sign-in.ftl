# Signing in, and the frame of the pages for those who are: what only the pages of the server say.

## The frame

house-places = Places
house-share = Share
house-overview = Overview
house-keys = Keys
house-organisations = Organisations
house-account = Account
house-administration = Administration
house-who = Signed in as
house-sign-out = Sign out
house-actions = Actions
house-foot = What you share is sealed in your browser. Nobody here can read it.
