# Organisations and their members: what only the pages of the server say.
