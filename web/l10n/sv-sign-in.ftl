# Signing in, and the frame of the pages for those who are: what only the pages of the server say.
